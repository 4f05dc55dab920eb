import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { countFiles, startApp, type TestApp } from "../support/app.ts";
import { FILES, IDS, startFilled } from "../support/filled.ts";
import { instanceFile } from "../support/instances.ts";

const CONFIG = { UserContentType: { mine: 1030, typed: [1031, "application/pdf"] } };
const ALL = `/instances/${IDS.mr1}/attachments`;
const DICOM = `${ALL}/dicom`;
const MINE = `${ALL}/mine`;
const HEAD = `${ALL}/dicom-until-pixel-data`;
const md5 = (bytes: string | Uint8Array) => createHash("md5").update(bytes).digest("hex");

async function ask(
  server: TestApp,
  [method, path, body]: readonly [string, string, (string | Uint8Array)?],
  headers: Readonly<Record<string, string>> = {},
) {
  const response = await server.send(method, path, body, { headers });
  const bytes = Buffer.from(await response.arrayBuffer());
  return { status: response.status, bytes, text: bytes.toString(), headers: response.headers };
}

async function textOf(server: TestApp, path: string): Promise<string> {
  const { status, text } = await ask(server, ["GET", path]);
  assert.equal(status, 200, text);
  return text;
}

Deno.test("an attachment is put, shown, replaced and removed", async () => {
  await using server = await startFilled(CONFIG);
  const files = await countFiles(server.folder);
  const put = await ask(server, ["PUT", MINE, "hello"]);
  assert.deepEqual([put.status, put.text], [200, "{}"]);
  assert.equal(put.headers.get("ETag"), `"0-${md5("hello")}"`);
  assert.deepEqual(await server.get(ALL), ["dicom", "mine"]);
  assert.deepEqual(await server.get(`${ALL}?full`), { dicom: 1, mine: 1030 });
  const info = await server.get<Record<string, unknown>>(`${MINE}/info`);
  const { Uuid, ...rest } = info;
  assert.deepEqual(rest, {
    CompressedMD5: md5("hello"),
    CompressedSize: 5,
    ContentType: 1030,
    UncompressedMD5: md5("hello"),
    UncompressedSize: 5,
  });
  const data = await ask(server, ["GET", `${MINE}/data`]);
  assert.equal(data.text, "hello");
  assert.equal(data.headers.get("Content-Type"), "application/octet-stream");
  assert.equal(data.headers.get("Content-Disposition"), `filename="${Uuid}"`);
  const replaced = await ask(server, ["PUT", MINE, "again"]);
  assert.equal(replaced.headers.get("ETag"), `"1-${md5("again")}"`);
  assert.equal(await textOf(server, `${MINE}/data`), "again");
  assert.equal(await countFiles(server.folder), files + 1);
  assert.equal((await ask(server, ["DELETE", MINE])).status, 200);
  assert.equal((await ask(server, ["DELETE", MINE])).status, 404);
  assert.deepEqual(await server.get(ALL), ["dicom"]);
  assert.equal(await countFiles(server.folder), files);
});

Deno.test("attachments go with their resource, and their bytes count", async () => {
  await using server = await startFilled(CONFIG);
  const size = async () =>
    Number((await server.get<{ TotalDiskSize: string }>("/statistics")).TotalDiskSize);
  const before = await size();
  await ask(server, ["PUT", `/studies/${IDS.knee}/attachments/typed`, "%PDF"]);
  await ask(server, ["PUT", `/patients/${IDS.p1}/attachments/2000`, ""]);
  assert.equal(await size(), before + 4);
  const study = await server.get<Record<string, unknown>>(`/studies/${IDS.knee}/statistics`);
  assert.equal(Number(study.DiskSize), Number(study.DicomDiskSize) + 4);
  const typed = await ask(server, ["GET", `/studies/${IDS.knee}/attachments/typed/data`]);
  assert.equal(typed.headers.get("Content-Type"), "application/pdf");
  assert.equal(await textOf(server, `/patients/${IDS.p1}/attachments/2000/data`), "");
  for (const patient of [IDS.p1, IDS.p2]) await server.send("DELETE", `/patients/${patient}`);
  assert.equal(await size(), 0);
  assert.equal(await countFiles(server.folder), 0);
});

/** What Orthanc refuses, with its status and number (none for an empty body). */
const REFUSED: readonly (readonly [readonly [string, string, string?], number, number?])[] = [
  [["PUT", DICOM, "x"], 403],
  [["PUT", `${ALL}/dicom-as-json`, "x"], 403],
  [["PUT", `${ALL}/1023`, "x"], 403],
  [["PUT", `${ALL}/65536`, "x"], 403],
  [["DELETE", DICOM], 403],
  [["DELETE", `${ALL}/dicom-as-json`], 404, 17],
  [["GET", `${ALL}/nope`], 404, 7],
  [["PUT", `${ALL}/nope`, "x"], 404, 7],
  [["GET", `${MINE}/data`], 404, 17],
  [["PUT", HEAD, "x"], 403],
  [["DELETE", HEAD], 403],
  [["GET", `/studies/${IDS.knee}/attachments/dicom-until-pixel-data`], 404, 17],
  [["GET", `${DICOM}/bogus`], 404, 17],
  [["POST", `${ALL}/2999/compress`], 404, 17],
  [["GET", "/instances/nope/attachments"], 404, 17],
  [["GET", `/studies/${IDS.mr1}/attachments/dicom/data`], 404, 17],
  [["PUT", "/instances/nope/attachments/mine", "x"], 404, 17],
  [["DELETE", "/instances/nope/attachments/mine"], 404, 17],
];

Deno.test("what may not be done to attachments is refused as Orthanc refuses it", async (t) => {
  await using server = await startFilled(CONFIG);
  for (const [request, status, number] of REFUSED) {
    await t.step(`${request[0]} ${request[1]}`, async () => {
      const answer = await ask(server, request);
      assert.equal(answer.status, status, answer.text);
      if (number === undefined) assert.equal(answer.text, "");
      else assert.equal(JSON.parse(answer.text).OrthancStatus, number);
    });
  }
  assert.equal(await countFiles(server.folder), FILES.length);
});

Deno.test("attachments have revisions", async () => {
  await using server = await startFilled({ ...CONFIG, CheckRevisions: true });
  await ask(server, ["PUT", MINE, "one"]);
  const etag = `"0-${md5("one")}"`;
  assert.equal((await ask(server, ["PUT", MINE, "two"])).status, 409);
  assert.equal((await ask(server, ["PUT", MINE, "two"], { "If-Match": '"0-x"' })).status, 409);
  assert.equal((await ask(server, ["DELETE", MINE])).status, 409);
  assert.equal((await ask(server, ["GET", MINE], { "If-None-Match": etag })).status, 304);
  assert.equal((await ask(server, ["PUT", MINE, "two"], { "If-Match": etag })).status, 200);
  assert.equal((await ask(server, ["GET", MINE], { "If-None-Match": etag })).status, 200);
  assert.equal(await countFiles(server.folder), FILES.length + 1, "what was refused is gone");
});

Deno.test("the DICOM file is an attachment, whose MD5 is computed when it is asked for", async () => {
  await using server = await startFilled(CONFIG);
  const [file] = FILES as [Uint8Array];
  assert.equal(await textOf(server, `${DICOM}/md5`), md5(file));
  assert.equal(await textOf(server, `${ALL}/1/size`), String(file.length));
  const data = await ask(server, ["GET", `${DICOM}/data?filename=a.dcm`]);
  assert.deepEqual(data.bytes, Buffer.from(file));
  assert.equal(data.headers.get("Content-Disposition"), 'filename="a.dcm"');
  assert.equal(data.headers.get("Content-Type"), "application/dicom");
  assert.equal((await ask(server, ["POST", `${DICOM}/verify-md5`])).text, "{}");
});

/** Ranges of the 5 bytes "hello", with what comes; undefined for 416. */
const RANGES: Readonly<Record<string, readonly [string, string] | undefined>> = {
  "bytes=0-1": ["he", "bytes 0-1/5"],
  "bytes=3-": ["lo", "bytes 3-4/5"],
  "bytes=-2": ["lo", "bytes 3-4/5"],
  "bytes=-9": ["hello", "bytes 0-4/5"],
  "bytes=4-99": ["o", "bytes 4-4/5"],
  "bytes=5-": undefined,
  "bytes=3-2": undefined,
  "bytes=-": undefined,
  "bytes=-0": undefined,
  "bytes=0-1,3-4": undefined,
  "lines=1-2": undefined,
};

Deno.test("a range of an attachment can be asked for", async (t) => {
  await using server = await startFilled(CONFIG);
  await ask(server, ["PUT", MINE, "hello"]);
  for (const [range, expected] of Object.entries(RANGES)) {
    await t.step(range, async () => {
      const { status, text, headers } = await ask(server, ["GET", `${MINE}/data`], {
        Range: range,
      });
      assert.equal(status, expected ? 206 : 416);
      if (!expected) return assert.equal(JSON.parse(text).OrthancStatus, 41);
      assert.deepEqual([text, headers.get("Content-Range")], expected);
    });
  }
});

Deno.test("a file is compressed on the disk as Orthanc does it, and serves as before", async () => {
  await using server = await startFilled(CONFIG);
  const [file] = FILES as [Uint8Array];
  await ask(server, ["PUT", MINE, "second"]);
  for (
    const [path, content] of [[MINE, Buffer.from("second")], [DICOM, Buffer.from(file)]] as const
  ) {
    for (const _twice of [1, 2]) {
      assert.equal((await ask(server, ["POST", `${path}/compress`])).text, "{}");
    }
    assert.equal(await textOf(server, `${path}/is-compressed`), "1");
    const raw = await ask(server, ["GET", `${path}/compressed-data`]);
    assert.equal(Number(raw.bytes.readBigUInt64LE(0)), content.length);
    assert.equal(await textOf(server, `${path}/compressed-size`), String(raw.bytes.length));
    assert.equal(await textOf(server, `${path}/compressed-md5`), md5(raw.bytes));
    assert.equal(await textOf(server, `${path}/size`), String(content.length));
    assert.deepEqual((await ask(server, ["GET", `${path}/data`])).bytes, content);
    assert.equal((await ask(server, ["POST", `${path}/verify-md5`])).text, "{}");
  }
  assert.equal(
    (await ask(server, ["GET", `${MINE}/compressed-data`])).bytes.toString("hex"),
    "0600000000000000789c2b4e4dcecf4b010008ca027d", // as a real Orthanc's
  );
  assert.equal(await countFiles(server.folder), FILES.length + 1);
  const { PatientName } = await server.get<Record<string, string>>(
    `/instances/${IDS.mr1}/simplified-tags`,
  );
  assert.equal(PatientName, "KNIX");
  await ask(server, ["POST", `${DICOM}/uncompress`]);
  assert.equal(await textOf(server, `${DICOM}/is-compressed`), "0");
  assert.deepEqual(
    (await ask(server, ["GET", `${DICOM}/compressed-data`])).bytes,
    Buffer.from(file),
  );
  for (const patient of [IDS.p1, IDS.p2]) await server.send("DELETE", `/patients/${patient}`);
  assert.equal(await countFiles(server.folder), 0);
});

Deno.test("verify-md5 finds a file that has changed", async () => {
  await using server = await startFilled(CONFIG);
  await ask(server, ["PUT", MINE, "hello"]);
  const { Uuid } = await server.get<{ Uuid: string }>(`${MINE}/info`);
  const path = `${server.folder}/${Uuid.slice(0, 2)}/${Uuid.slice(2, 4)}/${Uuid}`;
  await Deno.writeTextFile(path, "hellO");
  const { status, text } = await ask(server, ["POST", `${MINE}/verify-md5`]);
  assert.deepEqual([status, JSON.parse(text).OrthancStatus], [500, 20]);
});

Deno.test("a compressed file that is damaged or cut fails, whatever is asked of it", async () => {
  await using server = await startFilled(CONFIG);
  await ask(server, ["PUT", MINE, "hello hello hello"]);
  await ask(server, ["POST", `${MINE}/compress`]);
  const { Uuid } = await server.get<{ Uuid: string }>(`${MINE}/info`);
  const path = `${server.folder}/${Uuid.slice(0, 2)}/${Uuid.slice(2, 4)}/${Uuid}.z`;
  const whole = await Deno.readFile(path);
  const wrong = [whole.subarray(0, 5), whole.subarray(0, 12), whole.with(0, 3), whole.with(7, 255)];
  for (const bytes of wrong) {
    await Deno.writeFile(path, bytes);
    const { status, text } = await ask(server, ["GET", `${MINE}/data`]);
    assert.deepEqual([status, JSON.parse(text).OrthancStatus], [500, 20]);
  }
});

Deno.test("changes of attachments are logged; a read-only server refuses them", async () => {
  await using server = await startFilled(CONFIG);
  await ask(server, ["PUT", MINE, "hello"]);
  const { Changes } = await server.get<{ Changes: { ChangeType: string; ID: string }[] }>(
    "/changes?last",
  );
  const [change] = Changes;
  assert.deepEqual([change?.ChangeType, change?.ID], ["UpdatedAttachment", IDS.mr1]);
  await using reading = await startApp({
    folder: server.folder,
    config: { ...CONFIG, ReadOnly: true },
  });
  for (const request of [["PUT", MINE, "x"], ["DELETE", MINE], ["POST", `${MINE}/compress`]]) {
    const { text } = await ask(reading, request as [string, string, string?]);
    assert.equal(JSON.parse(text).OrthancStatus, 22);
  }
});

Deno.test("StorageCompression compresses what is stored", async () => {
  await using server = await startFilled({ ...CONFIG, StorageCompression: true });
  await ask(server, ["PUT", MINE, "hello hello hello"]);
  assert.equal(await textOf(server, `${MINE}/is-compressed`), "1");
  await server.app[Symbol.asyncDispose](); // ends what is being done
  await using after = await startApp({ folder: server.folder });
  const forms = await Promise.all(
    [IDS.mr1, IDS.mr2, IDS.ct1].map((id) =>
      textOf(after, `/instances/${id}/attachments/dicom/is-compressed`)
    ),
  );
  assert.equal(forms[0], "1");
});

Deno.test("the head of a DICOM file is an attachment too, and listed where Orthanc stores one", async () => {
  await using server = await startFilled(CONFIG);
  const [file] = FILES as [Uint8Array];
  const offset = Number(await textOf(server, `/instances/${IDS.mr1}/metadata/PixelDataOffset`));
  const head = Buffer.from(file.subarray(0, offset));
  assert.deepEqual(await server.get(ALL), ["dicom"]);
  for (const form of ["uncompress", "compress"]) {
    await ask(server, ["POST", `${DICOM}/${form}`]);
    const data = await ask(server, ["GET", `${HEAD}/data`]);
    assert.deepEqual(data.bytes, head);
    assert.equal(data.headers.get("Content-Type"), "application/dicom");
    assert.deepEqual((await ask(server, ["GET", `${HEAD}/compressed-data`])).bytes, head);
    const part = await ask(server, ["GET", `${HEAD}/data`], { Range: "bytes=128-131" });
    assert.deepEqual([part.status, part.text], [206, "DICM"]);
    const { Uuid: _, ...info } = await server.get<Record<string, unknown>>(`${HEAD}/info`);
    assert.deepEqual(info, {
      CompressedMD5: md5(head),
      CompressedSize: offset,
      ContentType: 3,
      UncompressedMD5: md5(head),
      UncompressedSize: offset,
    });
    for (const action of ["verify-md5", "compress", "uncompress"]) {
      assert.equal((await ask(server, ["POST", `${HEAD}/${action}`])).status, 200);
    }
    const isCompressed = await textOf(server, `${DICOM}/is-compressed`);
    assert.equal(isCompressed, form === "compress" ? "1" : "0", "the file itself stays as it is");
  }
  assert.deepEqual(await server.get(ALL), ["dicom", "dicom-until-pixel-data"]);
});

Deno.test("an instance without Pixel Data has no head of its own", async () => {
  await using server = await startApp();
  const { ID } = await server.upload(instanceFile({ PixelData: null }));
  await ask(server, ["POST", `/instances/${ID}/attachments/dicom/compress`]);
  assert.deepEqual(await server.get(`/instances/${ID}/attachments`), ["dicom"]);
  const head = await ask(server, ["GET", `/instances/${ID}/attachments/dicom-until-pixel-data`]);
  assert.equal(head.status, 404);
});
