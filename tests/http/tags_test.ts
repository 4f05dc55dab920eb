import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { startApp } from "../support/app.ts";
import { element, fragments, item, part10, sequence } from "../support/dicom.ts";
import { FILES, IDS, startFilled } from "../support/filled.ts";
import { instanceFile } from "../support/instances.ts";

const LONG = "x".repeat(257);
const GREEK = Buffer.from("Test-\u0398", "utf8").toString("latin1");
const SCRIPT = "<script>alert(1)</script>";

/** One file with everything that the dialects treat apart. */
const FILE = part10({
  instance: { sopClassUid: "1.2.840.10008.5.1.4.1.1.4", sopInstanceUid: "1.1.1.1" },
  pieces: [
    element(0x00080005, "CS", "ISO_IR 192"),
    element(0x00080008, "CS", "ORIGINAL\\PRIMARY"),
    element(0x00080016, "UI", "1.2.840.10008.5.1.4.1.1.4"),
    element(0x00080018, "UI", "1.1.1.1"),
    element(0x00080060, "CS", "MR"),
    sequence(0x00081111, [
      item([
        element(0x00081150, "UI", "1.2.840.10008.3.1.2.3.3"),
        sequence(0x0040a170, [item([]), item([element(0x00080104, "LO", "deep")])]),
      ]),
    ]),
    sequence(0x00081140, []),
    element(0x00090010, "LO", "ACME 1.1"),
    element(0x00091001, "LO", "private"),
    element(0x00100010, "PN", GREEK),
    element(0x00100020, "LO", "P1"),
    element(0x00101030, "DS", ""),
    element(0x00104000, "LT", LONG),
    element(0x0020000d, "UI", "1.1"),
    element(0x0020000e, "UI", "1.1.1"),
    element(0x00204000, "LT", SCRIPT),
    element(0x00280009, "AT", [0x00181063]),
    element(0x00280010, "US", [2]),
    element(0x7fe00010, "OB", Uint8Array.of(1, 2, 3, 4)),
    element(0xfffcfffc, "OB", Uint8Array.of(0, 0)),
  ],
});

const text = (Name: string, Value: string) => ({ Name, Type: "String", Value });

/** What `/tags` must be, or contain at least. */
const FULL = {
  "0008,0005": text("SpecificCharacterSet", "ISO_IR 192"),
  "0008,0008": text("ImageType", "ORIGINAL\\PRIMARY"),
  "0008,0016": text("SOPClassUID", "1.2.840.10008.5.1.4.1.1.4"),
  "0008,0018": text("SOPInstanceUID", "1.1.1.1"),
  "0008,0060": text("Modality", "MR"),
  "0008,1111": {
    Name: "ReferencedPerformedProcedureStepSequence",
    Type: "Sequence",
    Value: [{
      "0008,1150": text("ReferencedSOPClassUID", "1.2.840.10008.3.1.2.3.3"),
      "0040,a170": {
        Name: "PurposeOfReferenceCodeSequence",
        Type: "Sequence",
        Value: [{}, { "0008,0104": text("CodeMeaning", "deep") }],
      },
    }],
  },
  "0008,1140": { Name: "ReferencedImageSequence", Type: "Sequence", Value: [] },
  "0009,0010": text("PrivateCreator", "ACME 1.1"),
  "0009,1001": {
    Name: "Unknown Tag & Data",
    PrivateCreator: "ACME 1.1",
    Type: "String",
    Value: "private",
  },
  "0010,0010": text("PatientName", "Test-Θ"),
  "0010,0020": text("PatientID", "P1"),
  "0010,1030": text("PatientWeight", ""),
  "0010,4000": { Name: "PatientComments", Type: "TooLong", Value: null },
  "0020,000d": text("StudyInstanceUID", "1.1"),
  "0020,000e": text("SeriesInstanceUID", "1.1.1"),
  "0020,4000": text("ImageComments", SCRIPT),
  "0028,0009": text("FrameIncrementPointer", "0018,1063"),
  "0028,0010": text("Rows", "2"),
};

const PATH = `/instances/${IDS.mr1}`;

/** The value of a tag in a dialect, by path. */
const VALUES: readonly (readonly [path: string, key: string, value: unknown])[] = [
  ["/tags?short", "0008,1111", [
    { "0008,1150": "1.2.840.10008.3.1.2.3.3", "0040,a170": [{}, { "0008,0104": "deep" }] },
  ]],
  ["/tags?short", "0010,4000", null],
  ["/tags?short&ignore-length=0010-4000", "0010,4000", LONG],
  ["/tags?short&ignore-length=PatientComments,Rows", "0010,4000", LONG],
  ["/tags?short&ignore-length=Rows", "0010,4000", null],
  ["/tags?simplify", "PatientName", "Test-Θ"],
  ["/tags?simplify=false", "0010,0010", FULL["0010,0010"]],
  ["/simplified-tags", "PurposeOfReferenceCodeSequence", undefined],
  ["/simplified-tags", "ReferencedImageSequence", []],
  ["/simplified-tags", "PatientWeight", ""],
  ["/simplified-tags", "ImageComments", SCRIPT],
  ["/tags?short&whole", "fffc,fffc", null],
  ["/tags?short", "fffc,fffc", undefined],
  ["/header?short", "0002,0010", "1.2.840.10008.1.2.1"],
  ["/header?simplify", "MediaStorageSOPInstanceUID", "1.1.1.1"],
  ["/module?simplify", "SOPInstanceUID", "1.1.1.1"],
  ["/module?simplify", "PatientID", undefined],
];

/** Bytes (as Latin-1) or lists below `/content`. */
const CONTENT: readonly (readonly [path: string, expected: string | readonly string[]])[] = [
  ["/0010-0010", `${GREEK} `],
  ["/0010,0010", `${GREEK} `],
  ["/00100010", `${GREEK} `],
  ["/PatientName", `${GREEK} `],
  ["/0008-0018", "1.1.1.1\0"],
  ["/0010-1030", ""],
  ["/0028-0010", "\x02\0"],
  ["/0009-1001", "private "],
  ["/0008-1111", ["0"]],
  ["/0008-1111/", ["0"]],
  ["/0008-1111/0", ["0008-1150", "0040-a170"]],
  ["/0008-1111/0/0040-a170", ["0", "1"]],
  ["/0008-1111/0/0040-a170/0", []],
  ["/0008-1111/0/0040-a170/1/0008-0104", "deep"],
  ["/0008-1140", []],
  ["/7fe0-0010", ["0"]],
  ["/7fe0-0010/0", "\x01\x02\x03\x04"],
];

/** Paths below an instance that lead nowhere. */
const NOWHERE = [
  "/content/0010-0030",
  "/content/0008-1111/1",
  "/content/0008-1111/-1",
  "/content/0008-1111/0/0010-0010",
  "/content/0008-1111/0/0008-1150/0",
  "/content/0010-0010/0",
  "/content/7fe0-0010/1",
];

Deno.test("tags, header and content show what is in the file", async (t) => {
  await using server = await startApp();
  await server.upload(FILE);
  await t.step("tags", async () => {
    const tags = await server.get<Record<string, unknown>>(`${PATH}/tags`);
    const { "7fe0,0010": pixels, ...rest } = tags;
    assert.deepEqual(rest, FULL);
    if (pixels !== undefined) assert.partialDeepStrictEqual(pixels, { Type: "Null", Value: null });
  });
  for (const [path, key, value] of VALUES) {
    await t.step(`${path} ${key}`, async () => {
      const tags = await server.get<Record<string, unknown>>(PATH + path);
      assert.deepEqual(tags[key], value);
    });
  }
  for (const [path, expected] of CONTENT) {
    await t.step(`content${path}`, async () => {
      const response = await server.send("GET", `${PATH}/content${path}`);
      const body = Buffer.from(await response.bytes()).toString("latin1");
      assert.equal(response.status, 200);
      const type = response.headers.get("content-type");
      assert.equal(type === "application/octet-stream", typeof expected === "string");
      assert.deepEqual(typeof expected === "string" ? body : JSON.parse(body), expected);
    });
  }
  for (const name of ["Nope", "..%2f..%2foutpost.sqlite", "0010-0010%00", "__proto__"]) {
    await t.step(`content/${name} is no tag`, async () => {
      const response = await server.send("GET", `${PATH}/content/${name}`);
      assert.equal((await response.json()).OrthancStatus, 27);
    });
  }
  for (const path of NOWHERE) {
    await t.step(`${path} leads nowhere`, async () => {
      const response = await server.send("GET", PATH + path);
      assert.equal(await response.text(), "");
      assert.equal(response.status, 404);
    });
  }
});

Deno.test("content lists the tags of the file", async () => {
  await using server = await startApp();
  await server.upload(FILE);
  const names = await server.get<string[]>(`${PATH}/content`);
  const listed = [...Object.keys(FULL), "7fe0,0010"].map((tag) => tag.replace(",", "-"));
  assert.deepEqual(names.slice(0, listed.length), listed);
});

Deno.test("content of encapsulated Pixel Data is its fragments", async () => {
  await using server = await startApp();
  const offsets = Uint8Array.of(0, 0, 0, 0);
  const file = part10({
    syntax: "1.2.840.10008.1.2.5",
    pieces: [
      element(0x00080016, "UI", "1.2.840.10008.5.1.4.1.1.7"),
      element(0x00080018, "UI", "1.1.1.1"),
      element(0x00100020, "LO", "P1"),
      element(0x0020000d, "UI", "1.1"),
      element(0x0020000e, "UI", "1.1.1"),
      fragments([offsets, Uint8Array.of(7, 8), Uint8Array.of(9, 10)]),
    ],
  });
  await server.upload(file);
  const path = `${PATH}/content/7fe0-0010`;
  assert.deepEqual(await server.get(path), ["0", "1", "2"]);
  for (const [index, bytes] of [offsets, Uint8Array.of(7, 8), Uint8Array.of(9, 10)].entries()) {
    const response = await server.send("GET", `${path}/${index}`);
    assert.deepEqual(await response.bytes(), bytes);
  }
});

Deno.test("module, shared-tags and instances-tags speak of all that is below", async () => {
  await using server = await startFilled();
  const patient = { PatientBirthDate: "19700102", PatientID: "P1", PatientName: "KNIX" };
  const modules = [
    [`/patients/${IDS.p1}/module`, { PatientID: "P1", PatientName: "KNIX" }],
    [`/studies/${IDS.knee}/module-patient`, { PatientID: "P1", PatientName: "KNIX" }],
    [`/studies/${IDS.later}/module`, { StudyDate: "20250301", StudyInstanceUID: "1.2" }],
    [`/series/${IDS.ct}/module`, { Modality: "CT", SeriesInstanceUID: "1.1.2" }],
  ] as const;
  for (const [path, expected] of modules) {
    const { PatientBirthDate: _, PatientSex: __, ...rest } = await server.get<
      Record<string, string>
    >(`${path}?simplify`);
    assert.deepEqual(rest, expected, path);
  }
  const one = await server.get<Record<string, unknown>>(`/instances/${IDS.mr1}/tags?simplify`);
  assert.partialDeepStrictEqual(one, patient);
  const each = await server.get(`/series/${IDS.mr}/instances-tags?simplify`);
  const two = await server.get(`/instances/${IDS.mr2}/tags?simplify`);
  assert.deepEqual(each, { [IDS.mr1]: one, [IDS.mr2]: two });
});

Deno.test("shared-tags are those with the same text everywhere, without sequences", async () => {
  await using server = await startFilled();
  const series = await server.get<Record<string, string>>(`/series/${IDS.mr}/shared-tags?simplify`);
  assert.deepEqual(series, {
    Columns: "2",
    Modality: "MR",
    PatientID: "P1",
    PatientName: "KNIX",
    Rows: "2",
    SeriesInstanceUID: "1.1.1",
    SOPClassUID: "1.2.840.10008.5.1.4.1.1.4",
    StudyDate: "20240115",
    StudyInstanceUID: "1.1",
  });
  const patient = await server.get(`/patients/${IDS.p1}/shared-tags?short`);
  assert.deepEqual(patient, {
    "0010,0010": "KNIX",
    "0010,0020": "P1",
    "0028,0010": "2",
    "0028,0011": "2",
  });
  const single = await server.get<Record<string, unknown>>(
    `/series/${IDS.greekSeries}/shared-tags`,
  );
  assert.deepEqual(single["0010,0010"], { Name: "PatientName", Type: "String", Value: "Test-Θ" });
});

Deno.test("tags that grow together beyond one piece of an answer stay one JSON", async () => {
  await using server = await startApp();
  const ImageComments = "é".repeat(250);
  const uids = Array.from({ length: 250 }, (_, number) => `1.1.1.${number}`);
  for (const SOPInstanceUID of uids) {
    const SpecificCharacterSet = "ISO_IR 192";
    await server.upload(instanceFile({ SOPInstanceUID, ImageComments, SpecificCharacterSet }));
  }
  const each = await server.get<Record<string, { ImageComments: string }>>(
    `/patients/${IDS.p1}/instances-tags?simplify`,
  );
  assert.equal(Object.keys(each).length, uids.length);
  for (const tags of Object.values(each)) assert.equal(tags.ImageComments, ImageComments);
});

Deno.test("whatever is asked of an instance that is not there is 404", async () => {
  await using server = await startApp();
  await server.upload(FILES[0]!);
  const below = [
    "tags",
    "simplified-tags",
    "header",
    "content",
    "content/0010-0010",
    "file",
    "module",
  ];
  for (const path of below) {
    const response = await server.send("GET", `/instances/${IDS.mr}/${path}`);
    assert.equal((await response.json()).OrthancStatus, 17, path);
    assert.equal(response.status, 404, path);
  }
});
