import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import {
  element,
  fragments,
  item,
  part10,
  type Piece,
  sequence,
} from "../../tests/support/dicom.ts";
import { memoryFiles } from "../../tests/support/memory_files.ts";
import { defaultCharacterSets } from "../dicom/charset.ts";
import { tagsJson } from "../dicom/json/tags.ts";
import { TAG } from "../dicom/tag.ts";
import { createInstanceReader } from "./instance_reader.ts";

const IMPLICIT = "1.2.840.10008.1.2";
const BIG_ENDIAN = "1.2.840.10008.1.2.2";
const DEFLATED = "1.2.840.10008.1.2.1.99";
const JPEG = "1.2.840.10008.1.2.4.50";

const DEEP = sequence(0x00081199, [item([element(TAG.modality, "CS", "CT")])]);
const HEAD: readonly Piece[] = [
  element(TAG.sopInstanceUid, "UI", "1.2.3"),
  sequence(0x00081140, [item([]), item([element(0x00081155, "UI", "1.2"), DEEP])]),
  element(TAG.patientId, "LO", "P1"),
  element(0x00104000, "LT", "x".repeat(5000)),
  element(0x00280010, "US", [1, 2]),
];
const FIRST = Uint8Array.of(1, 2, 3, 4);
const SECOND = Uint8Array.of(5, 6);

const CONTENTS = {
  native: part10({ pieces: [...HEAD, element(TAG.pixelData, "OW", FIRST)] }),
  implicit: part10({ pieces: [...HEAD, element(TAG.pixelData, "OW", FIRST)], syntax: IMPLICIT }),
  bigEndian: part10({
    pieces: [...HEAD, element(TAG.pixelData, "OW", FIRST)],
    syntax: BIG_ENDIAN,
  }),
  deflated: part10({ pieces: [...HEAD, element(TAG.pixelData, "OW", FIRST)], syntax: DEFLATED }),
  jpeg: part10({
    pieces: [...HEAD, fragments([new Uint8Array(0), FIRST, SECOND])],
    syntax: JPEG,
  }),
  trailing: part10({
    pieces: [...HEAD, element(TAG.pixelData, "OW", FIRST), element(0xfffcfffc, "OB", "pads")],
  }),
  damaged: part10({ pieces: HEAD }).subarray(0, -1),
};

const store = memoryFiles(CONTENTS);
const reader = createInstanceReader(store.files, {
  defaultSets: defaultCharacterSets("Latin1"),
  maximumInflated: 1e6,
});

/** What `content()` finds: names, text of bytes, or undefined. */
async function content(
  uuid: string,
  path: string,
): Promise<readonly string[] | Buffer | undefined> {
  const found = await reader.content(uuid, path === "" ? [] : path.split("/"));
  if (found?.kind !== "bytes") return found?.names;
  const bytes = Buffer.concat(await Array.fromAsync(found.bytes));
  assert.equal(bytes.length, found.length);
  return bytes;
}

for (const uuid of ["native", "implicit", "bigEndian", "deflated"] as const) {
  Deno.test(`content() follows paths to any depth: ${uuid}`, async () => {
    const expected: Readonly<Record<string, readonly string[] | string | undefined>> = {
      "": ["0008-0018", "0008-1140", "0010-0020", "0010-4000", "0028-0010", "7fe0-0010"],
      "0008-0018": "1.2.3\0",
      "0008,0018": "1.2.3\0",
      "00080018": "1.2.3\0",
      "SOPInstanceUID": "1.2.3\0",
      "PatientComments": "x".repeat(5000),
      "0008-1140": ["0", "1"],
      "0008-1140/0": [],
      "0008-1140/1": ["0008-1155", "0008-1199"],
      "0008-1140/1/0008-1155": "1.2\0",
      "0008-1140/1/0008-1199": ["0"],
      "0008-1140/1/0008-1199/0": ["0008-0060"],
      "0008-1140/1/0008-1199/0/Modality": "CT",
      "0008-1140/2": undefined,
      "0008-1140/x": undefined,
      "0008-1140/-1": undefined,
      "0008-1140/0/0008-1155": undefined,
      "Rows": "\u0001\0\u0002\0",
      "0010-0010": undefined,
      "0010-0020/0": undefined,
      "0010-0020/0/0010-0020": undefined,
      "7fe0-0010": ["0"],
      "7fe0-0010/0": uuid === "bigEndian" ? "\x02\x01\x04\x03" : "\x01\x02\x03\x04",
      "7fe0-0010/1": undefined,
      "7fe0-0010/0/0010-0020": undefined,
    };
    for (const [path, wanted] of Object.entries(expected)) {
      const found = await content(uuid, path);
      assert.deepEqual(found instanceof Buffer ? found.toString("latin1") : found, wanted, path);
    }
    assert.equal(store.open, 0);
  });
}

Deno.test("content() gives fragments, the offset table first", async () => {
  assert.deepEqual(await content("jpeg", "7fe0-0010"), ["0", "1", "2"]);
  const parts = [new Uint8Array(0), FIRST, SECOND];
  for (const [n, part] of parts.entries()) {
    assert.deepEqual(await content("jpeg", `7fe0-0010/${n}`), Buffer.from(part));
  }
  assert.equal(await content("jpeg", "7fe0-0010/3"), undefined);
});

Deno.test("content() finds what follows Pixel Data", async () => {
  assert.deepEqual((await content("trailing", "") as string[]).at(-1), "fffc-fffc");
  assert.deepEqual(await content("trailing", "fffc-fffc"), Buffer.from("pads"));
});

Deno.test("content() fails for unknown names and damaged files, and leaves nothing open", async () => {
  await assert.rejects(content("native", "NoSuchName"), { code: "unknown-tag" });
  await assert.rejects(content("native", "0008-1140/1/NoSuchName"), { code: "unknown-tag" });
  await assert.rejects(content("damaged", ""), { code: "bad-file" });
  await assert.rejects(content("absent", ""), { code: "missing-file" });
  assert.equal(store.open, 0);
});

Deno.test("content() closes the file when its reader has enough", async () => {
  const found = await reader.content("native", ["PatientComments"]);
  assert.ok(found?.kind === "bytes");
  for await (const _ of found.bytes) break;
  assert.equal(store.open, 0);
});

Deno.test("dataSet() ends with Pixel Data, without its value, unless all is wanted", async () => {
  const tags = async (uuid: string, whole: boolean) =>
    Object.entries(tagsJson(await reader.dataSet(uuid, { whole }), { dialect: "short" })).slice(-2);
  assert.deepEqual(await tags("trailing", false), [["0028,0010", "1\\2"], ["7fe0,0010", null]]);
  assert.deepEqual(await tags("trailing", true), [["7fe0,0010", null], ["fffc,fffc", null]]);
  for (const uuid of ["native", "jpeg", "deflated"]) {
    assert.deepEqual(await tags(uuid, false), await tags(uuid, true));
  }
});

Deno.test("dataSet() loads long texts only when they are wanted", async () => {
  const comments = async (longTexts: boolean) =>
    (await reader.dataSet("native", { longTexts })).get(0x00104000)?.bytes?.length;
  assert.equal(await comments(false), undefined);
  assert.equal(await comments(true), 5000);
});

Deno.test("dataSet() keeps what `keep` wants", async () => {
  const { elements } = await reader.dataSet("native", { keep: ({ tag }) => tag === TAG.patientId });
  assert.deepEqual(elements.map(({ tag }) => tag), [TAG.patientId, TAG.pixelData]);
});

Deno.test("header() has the texts of group 0002", async () => {
  const header = tagsJson(await reader.header("jpeg"), { dialect: "simplified" });
  assert.deepEqual(header, {
    FileMetaInformationGroupLength: "96",
    MediaStorageSOPClassUID: "1.2.840.10008.5.1.4.1.1.7",
    MediaStorageSOPInstanceUID: "1.2.3.4.5",
    TransferSyntaxUID: JPEG,
  });
});

Deno.test("bytes() gives the whole file", async () => {
  const { length, bytes } = await reader.bytes("jpeg");
  assert.equal(length, CONTENTS.jpeg.length);
  assert.deepEqual(Buffer.concat(await Array.fromAsync(bytes)), Buffer.from(CONTENTS.jpeg));
  assert.equal(store.open, 0);
});
