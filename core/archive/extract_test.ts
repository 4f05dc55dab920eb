import assert from "node:assert/strict";
import {
  element,
  fragments,
  item,
  part10,
  type Piece,
  sequence,
  type Value,
} from "../../tests/support/dicom.ts";
import { sparseSource } from "../../tests/support/sources.ts";
import { memorySource } from "../bytes/source.ts";
import { defaultCharacterSets } from "../dicom/charset.ts";
import { findByTag } from "../dicom/dictionary.ts";
import { TAG, type Tag } from "../dicom/tag.ts";
import type { Vr } from "../dicom/vr.ts";
import { createExtract } from "./extract.ts";
import { publicIds } from "./ids.ts";
import { DEFAULT_MAIN_TAGS, LEVELS, METADATA } from "./resource.ts";

const extract = createExtract({
  mainTags: DEFAULT_MAIN_TAGS,
  defaultSets: defaultCharacterSets("Latin1"),
  maximumInflated: 1e8,
});

type Row = readonly [tag: Tag, vr: Vr, value: Value];

const IDENTITY: readonly Row[] = [
  [TAG.sopClassUid, "UI", "1.2.840.10008.5.1.4.1.1.2"],
  [TAG.sopInstanceUid, "UI", "1.2.3.4.5"],
  [TAG.patientId, "LO", "P1"],
  [TAG.studyInstanceUid, "UI", "1.2.3"],
  [TAG.seriesInstanceUid, "UI", "1.2.3.4"],
];

/** Elements of `rows` in the order of their tags; of equal tags the later row replaces the earlier. */
function pieces(rows: readonly Row[]): Piece[] {
  const byTag = new Map(rows.map((row) => [row[0], row]));
  return [...byTag.values()].toSorted(([a], [b]) => a - b).map((row) => element(...row));
}

const extractOf = (rows: readonly Row[], syntax?: string) =>
  extract(memorySource(part10({
    pieces: pieces([...IDENTITY, ...rows]),
    ...(syntax && { syntax }),
  })));

for (
  const syntax of [
    "1.2.840.10008.1.2",
    "1.2.840.10008.1.2.1",
    "1.2.840.10008.1.2.2",
    "1.2.840.10008.1.2.1.99",
  ]
) {
  Deno.test(`extract() reads identity, tags and metadata: ${syntax}`, async () => {
    const { identity, ids, tags, metadata } = await extractOf([
      [TAG.patientName, "PN", "Doe^J\xf6rg"],
      [TAG.studyDate, "DA", "20240102"],
      [TAG.modality, "CS", "CT"],
      [TAG.instanceNumber, "IS", " 7"],
      [0x00080100, "SH", "no main tag"],
    ], syntax);
    assert.deepEqual(identity, {
      patientId: "P1",
      studyInstanceUid: "1.2.3",
      seriesInstanceUid: "1.2.3.4",
      sopInstanceUid: "1.2.3.4.5",
    });
    assert.deepEqual(ids, publicIds(identity));
    assert.deepEqual(tags, {
      Patient: { "00100010": "Doe^Jörg", "00100020": "P1" },
      Study: { "00080020": "20240102", "0020000d": "1.2.3" },
      Series: { "00080060": "CT", "0020000e": "1.2.3.4" },
      Instance: { "00200013": " 7", "00080018": "1.2.3.4.5" },
    });
    assert.equal(metadata.Instance[METADATA.TransferSyntax], syntax);
    assert.equal(metadata.Instance[METADATA.SopClassUid], "1.2.840.10008.5.1.4.1.1.2");
    for (const level of LEVELS) {
      assert.match(
        metadata[level][METADATA.MainDicomTagsSignature]!,
        /^\w{4},\w{4}(;\w{4},\w{4})+$/,
      );
    }
  });
}

Deno.test("extract() keeps empty tags, and the items of sequences in the full dialect", async () => {
  const file = part10({
    pieces: [
      ...pieces([...IDENTITY, [TAG.patientName, "PN", ""]]),
      sequence(0x00400275, [item([element(0x00400007, "LO", "CT Chest")]), item([])]),
    ],
  });
  const { tags } = await extract(memorySource(file));
  assert.equal(tags.Patient["00100010"], "");
  assert.deepEqual(tags.Series["00400275"], [{
    "0040,0007": {
      Name: "ScheduledProcedureStepDescription",
      Type: "String",
      Value: "CT Chest",
    },
  }, {}]);
});

Deno.test("extract() does without a PatientID", async () => {
  for (
    const rows of [IDENTITY.filter(([tag]) => tag !== TAG.patientId), [
      ...IDENTITY,
      [TAG.patientId, "LO", ""] as const,
    ]]
  ) {
    const { identity } = await extract(memorySource(part10({ pieces: pieces(rows) })));
    assert.equal(identity.patientId, "");
  }
});

Deno.test("extract() looks for the identity in the data set itself alone", async () => {
  const inner = item(pieces(IDENTITY));
  const file = part10({ pieces: [sequence(0x00081110, [inner]), sequence(0x00400275, [inner])] });
  await assert.rejects(extract(memorySource(file)), { code: "missing-tag" });
});

for (const tag of [TAG.studyInstanceUid, TAG.seriesInstanceUid, TAG.sopInstanceUid]) {
  const name = findByTag(tag)?.name;

  Deno.test(`extract() refuses an instance without ${name}`, async () => {
    const rows = IDENTITY.filter((row) => row[0] !== tag);
    const reading = extract(memorySource(part10({ pieces: pieces(rows) })));
    await assert.rejects(reading, { name: "DicomError", code: "missing-tag" });
  });

  Deno.test(`extract() refuses an instance with an empty ${name}`, async () => {
    for (const value of ["", " ", "\0\0"]) {
      await assert.rejects(extractOf([[tag, "UI", value]]), {
        name: "DicomError",
        code: "bad-file",
      });
    }
  });
}

Deno.test("extract() notes where Pixel Data starts, and its VR", async () => {
  const rest = pieces(IDENTITY);
  const metadataOf = async (pixels: Piece, syntax: string) => {
    const file = part10({ pieces: [...rest, pixels], syntax });
    const { metadata: { Instance: metadata } } = await extract(memorySource(file));
    return {
      file,
      offset: Number(metadata[METADATA.PixelDataOffset]),
      vr: metadata[METADATA.PixelDataVR],
    };
  };
  const native = await metadataOf(element(TAG.pixelData, "OW", "abcd"), "1.2.840.10008.1.2.1");
  assert.deepEqual([native.file.length - native.offset, native.vr], [16, "OW"]);
  const jpeg = await metadataOf(fragments([new Uint8Array(4)]), "1.2.840.10008.1.2.4.50");
  assert.deepEqual([jpeg.file.length - jpeg.offset, jpeg.vr], [32, "OB"]);
  const deflated = await metadataOf(element(TAG.pixelData, "OW", "abcd"), "1.2.840.10008.1.2.1.99");
  assert.deepEqual([deflated.offset, deflated.vr], [NaN, undefined]);
});

const INDEXES: readonly (readonly [rows: readonly Row[], index: number | null])[] = [
  [[], null],
  [[[TAG.instanceNumber, "IS", "7"]], 7],
  [[[TAG.instanceNumber, "IS", " +7 "]], 7],
  [[[TAG.instanceNumber, "IS", "7"], [TAG.imageIndex, "US", [9]]], 7],
  [[[TAG.imageIndex, "US", [9]]], 9],
  [[[TAG.instanceNumber, "IS", ""], [TAG.imageIndex, "US", [9]]], 9],
  [[[TAG.instanceNumber, "IS", "x"]], null],
  [[[TAG.instanceNumber, "IS", "1.5"]], null],
  [[[TAG.instanceNumber, "IS", "9999999999"]], null],
];

for (const [rows, index] of INDEXES) {
  Deno.test(`extract() finds index ${index} in ${JSON.stringify(rows)}`, async () => {
    const { indexInSeries, metadata } = await extractOf(rows);
    assert.equal(indexInSeries, index);
    assert.equal(
      metadata.Instance[METADATA.IndexInSeries],
      index === null ? undefined : String(index),
    );
  });
}

Deno.test("extract() counts the instances that a PET series announces: 45 slices (Orthanc's example)", async () => {
  const pet: Row[] = [[TAG.numberOfSlices, "US", [45]], [TAG.numberOfTimeSlices, "US", [1]]];
  assert.equal((await extractOf(pet)).expectedInstances, 45);
  assert.equal((await extractOf(pet.slice(0, 1))).expectedInstances, 45);
  assert.equal((await extractOf([])).expectedInstances, null);
});

Deno.test("extract() leaves out main tags of more than 4 kB", async () => {
  const { tags } = await extractOf([[0x00204000, "LT", "x".repeat(4098)], [
    0x00081030,
    "LO",
    "y".repeat(4096),
  ]]);
  assert.equal(tags.Instance["00204000"], undefined);
  assert.equal(tags.Study["00081030"], "y".repeat(4096));
});

Deno.test("extract() reads less than 1 MB of an image of 1 GB, and refuses one that is cut", async () => {
  const length = 1 << 30;
  const head = part10({
    pieces: [...pieces(IDENTITY), element(TAG.pixelData, "OW", "", { length })],
  });
  const whole = sparseSource(head, head.length + length);
  await extract(whole);
  assert.ok(whole.bytesRead < 1_000_000, `${whole.bytesRead} bytes`);
  const cut = extract(sparseSource(head, head.length + length - 1));
  await assert.rejects(cut, { name: "DicomError", code: "bad-file" });
});
