import assert from "node:assert/strict";
import { deflateSync, gzipSync } from "node:zlib";
import { countFiles, type SendOptions, startApp, type UploadAnswer } from "../support/app.ts";
import { instanceFile, orthancId } from "../support/instances.ts";
import { zipOf } from "../support/zip.ts";

const FILE = instanceFile();
const ID = orthancId("P1", "1.1", "1.1.1", "1.1.1.1");
const SUCCESS = {
  ID,
  ParentPatient: orthancId("P1"),
  ParentSeries: orthancId("P1", "1.1", "1.1.1"),
  ParentStudy: orthancId("P1", "1.1"),
  Path: `/instances/${ID}`,
  Status: "Success",
};

/** A body with header fields, and the answer to it. */
type Case = readonly [
  what: string,
  body: () => unknown,
  more: SendOptions,
  answer: { readonly status: number; readonly body: unknown; readonly instances: number },
];

const stored = { status: 200, body: SUCCESS, instances: 1 };
const refused = (status: number, body: unknown) => ({ status, body, instances: 0 });
const badFile = (Details: string) => ({
  Details,
  OrthancStatus: 15,
  OrthancError: "Bad file format",
});
const headers = (fields: Record<string, string>) => ({ headers: fields });

const CASES: readonly Case[] = [
  ["a file", () => FILE, {}, stored],
  [
    "a file with the type of a form field",
    () => FILE,
    headers({ "content-type": "text/plain" }),
    stored,
  ],
  ["a file in pieces of one byte", () => pieces(FILE, 1), {}, stored],
  ["a gzipped file", () => gzipSync(FILE), headers({ "content-encoding": "gzip" }), stored],
  ["a deflated file", () => deflateSync(FILE), headers({ "content-encoding": "deflate" }), stored],
  ["a file without preamble", () => FILE.subarray(132), {}, stored],
  ["an archive", () => zipOf([{ bytes: FILE }, { bytes: new Uint8Array(9) }]), {}, {
    ...stored,
    body: [SUCCESS],
  }],
  [
    "an archive with nothing of ours",
    () => zipOf([{ bytes: new Uint8Array(9) }]),
    {},
    refused(200, []),
  ],
  ["a form", () => form(FILE), {}, { ...stored, body: "" }],
  ["an empty body", () => "", {}, refused(400, badFile("Received an empty DICOM file"))],
  ["no body", () => undefined, {}, refused(400, badFile("Received an empty DICOM file"))],
  [
    "garbage",
    () => "garbage, garbage",
    {},
    refused(400, {
      OrthancStatus: 15,
      HttpError: "Bad Request",
      HttpStatus: 400,
      Message: "Bad file format",
      Method: "POST",
      Uri: "/instances",
    }),
  ],
  [
    "a file cut in its Pixel Data",
    () => FILE.subarray(0, -1),
    {},
    refused(400, { OrthancStatus: 15 }),
  ],
  [
    "a file without StudyInstanceUID",
    () => instanceFile({ StudyInstanceUID: null }),
    {},
    refused(404, {
      OrthancStatus: 21,
      OrthancError: "Inexistent tag",
    }),
  ],
  [
    "a file with an empty StudyInstanceUID",
    () => instanceFile({ StudyInstanceUID: "" }),
    {},
    refused(400, {}),
  ],
  [
    "a body that is not gzipped",
    () => FILE,
    headers({ "content-encoding": "gzip" }),
    refused(400, {
      OrthancStatus: 8,
    }),
  ],
  [
    "an unknown encoding",
    () => FILE,
    headers({ "content-encoding": "br" }),
    refused(415, {
      OrthancStatus: 3000,
    }),
  ],
  [
    "a form without boundary",
    () => FILE,
    headers({ "content-type": "multipart/form-data" }),
    refused(400, { OrthancStatus: 8 }),
  ],
];

for (const [what, body, more, expected] of CASES) {
  Deno.test(`POST /instances answers ${expected.status} to ${what}`, async () => {
    await using server = await startApp();
    const response = await server.send("POST", "/instances", body(), more);
    const text = await response.text();
    assert.equal(response.status, expected.status, text);
    if (typeof expected.body === "string") assert.equal(text, expected.body);
    else assert.partialDeepStrictEqual(JSON.parse(text), expected.body);
    const { CountInstances } = await server.get<{ CountInstances: number }>("/statistics");
    assert.equal(CountInstances, expected.instances);
    assert.equal(await countFiles(server.folder), expected.instances);
  });
}

const OTHER = instanceFile({ PatientName: "OTHER" }); // the same identity, other bytes

/** What an upload of `second` after `FILE` says, and whose bytes are there then. */
const OVERWRITING: readonly (readonly [
  policy: string,
  second: Uint8Array<ArrayBuffer>,
  status: string,
  kept: Uint8Array,
  changes: number,
])[] = [
  ["Never", FILE, "AlreadyStored", FILE, 4],
  ["Never", OTHER, "AlreadyStored", FILE, 4],
  ["IfChanged", FILE, "AlreadyStored", FILE, 4],
  ["IfChanged", OTHER, "Success", OTHER, 4],
  ["Always", FILE, "Success", FILE, 4],
  ["Always", OTHER, "Success", OTHER, 4],
];

for (const [policy, second, status, kept, changes] of OVERWRITING) {
  const what = second === FILE ? "the same bytes" : "other bytes";
  Deno.test(`OverwriteInstances ${policy}: ${what} again are ${status}`, async () => {
    await using server = await startApp({ config: { OverwriteInstances: policy } });
    const first = await server.upload(FILE);
    const before = await server.get<{ FileUuid: string }>(first.Path);
    assert.deepEqual(await server.upload(second), { ...first, Status: status });
    const file = await server.send("GET", `${first.Path}/file`);
    assert.deepEqual(await file.bytes(), kept);
    const after = await server.get<{ FileUuid: string }>(first.Path);
    assert.equal(after.FileUuid === before.FileUuid, status === "AlreadyStored");
    const log = await server.get<{ Changes: unknown[] }>("/changes");
    assert.equal(log.Changes.length, changes); // those of what was replaced are gone
    assert.equal(await countFiles(server.folder), 1);
  });
}

Deno.test("POST /instances: of many uploads of one file exactly one is Success", async () => {
  await using server = await startApp();
  const answers = await Promise.all(Array.from({ length: 20 }, () => server.upload(FILE)));
  const statuses = answers.map(({ Status }) => Status).sort();
  assert.deepEqual(statuses, [...Array(19).fill("AlreadyStored"), "Success"]);
  assert.equal(await countFiles(server.folder), 1);
});

Deno.test("POST /instances: a damaged member of an archive does not spoil the others", async () => {
  await using server = await startApp();
  const second = instanceFile({ SOPInstanceUID: "1.1.1.2" });
  const archive = zipOf([{ bytes: FILE }, { bytes: FILE.subarray(0, -1) }, { bytes: second }]);
  const answers = await server.post<UploadAnswer[]>("/instances", archive);
  assert.deepEqual(answers.map(({ Status }) => Status), ["Success", "Failure", "Success"]);
  assert.equal("ID" in answers[1]!, false);
});

Deno.test("POST /instances refuses a body that is longer than the limit", async () => {
  await using server = await startApp({ config: { MaximumRequestBodySizeMB: 1 } });
  const long = new Uint8Array(1048577);
  for (const body of [long, pieces(long, 65536)]) {
    const response = await server.send("POST", "/instances", body);
    assert.equal(response.status, 413, await response.text());
  }
  assert.equal(await countFiles(server.folder), 0);
});

Deno.test("POST /instances refuses what inflates beyond the limit", async () => {
  await using server = await startApp({ config: { MaximumFileSizeInArchiveMB: 1 } });
  const bomb = gzipSync(new Uint8Array(2 * 1048576));
  const response = await server.send(
    "POST",
    "/instances",
    bomb,
    headers({ "content-encoding": "gzip" }),
  );
  assert.equal(response.status, 413, await response.text());
});

Deno.test("POST /instances keeps how and from whom an instance came", async () => {
  await using server = await startApp();
  await server.send("POST", "/instances", FILE, { remoteAddress: "::1" });
  const { Metadata } = await server.get<{ Metadata: Record<string, string> }>(
    `/instances/${ID}?response-content=Metadata`,
  );
  const { MainDicomTagsSignature, ...rest } = Metadata;
  assert.match(MainDicomTagsSignature!, /^0008,0012;0008,0013;.*;0054,1330$/);
  assert.deepEqual(rest, {
    HttpUsername: "",
    IndexInSeries: "1",
    Origin: "RestApi",
    PixelDataOffset: String(FILE.length - 16), // a header of 12 bytes and a value of 4
    PixelDataVR: "OW",
    ReceptionDate: "20260101T000000",
    RemoteAET: "",
    RemoteIP: "::1",
    SopClassUid: "1.2.840.10008.5.1.4.1.1.4",
    TransferSyntax: "1.2.840.10008.1.2.1",
  });
});

function form(file: Uint8Array<ArrayBuffer>): FormData {
  const data = new FormData();
  data.append("comment", "not a file");
  data.append("upload", new Blob([file]), "a.dcm");
  return data;
}

function pieces(bytes: Uint8Array, size: number): ReadableStream<Uint8Array> {
  return ReadableStream.from(function* () {
    for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
  }());
}
