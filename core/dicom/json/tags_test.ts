import assert from "node:assert/strict";
import {
  element,
  fragments,
  item,
  part10,
  type Piece,
  sequence,
} from "../../../tests/support/dicom.ts";
import { memorySource } from "../../bytes/source.ts";
import { defaultCharacterSets } from "../charset.ts";
import { DataSetBuilder } from "../data_set.ts";
import { decodeFile } from "../decode.ts";
import { TAG } from "../tag.ts";
import {
  EXPLICIT_BIG_ENDIAN,
  EXPLICIT_LITTLE_ENDIAN,
  IMPLICIT_LITTLE_ENDIAN,
} from "../transfer_syntax.ts";
import { showTags, toDialect } from "./show.ts";
import { tagsJson, type TagsOptions } from "./tags.ts";

/** The JSON of a file with these elements. */
async function json(
  pieces: readonly Piece[],
  options: TagsOptions = { dialect: "full" },
  syntax = EXPLICIT_LITTLE_ENDIAN.uid,
) {
  let builder: DataSetBuilder | undefined;
  await decodeFile(memorySource(part10({ pieces, syntax })), {
    sink: ({ encoding }) =>
      builder = new DataSetBuilder(encoding, {
        defaultSets: defaultCharacterSets("Latin1"),
        maximumLength: 4096,
      }),
    maximumInflated: 1e6,
  });
  return tagsJson(builder!.root, options);
}

const PIECES: readonly Piece[] = [
  element(TAG.modality, "CS", "CT"),
  sequence(0x00081140, [item([element(0x00081155, "UI", "1.2.3")]), item([])]),
  element(TAG.patientName, "PN", "Doe^J\xf6rg"),
  element(TAG.patientId, "LO", ""),
  element(0x00280010, "US", [512]),
  element(0x00280030, "DS", "0.5\\0.5"),
  element(TAG.pixelData, "OW", new Uint8Array(4)),
];

for (const { uid, name } of [EXPLICIT_LITTLE_ENDIAN, IMPLICIT_LITTLE_ENDIAN, EXPLICIT_BIG_ENDIAN]) {
  Deno.test(`tagsJson() shows the three dialects: ${name}`, async () => {
    const uidOf = {
      "0008,1155": { Name: "ReferencedSOPInstanceUID", Type: "String", Value: "1.2.3" },
    };
    assert.deepEqual(await json(PIECES, { dialect: "full" }, uid), {
      "0008,0060": { Name: "Modality", Type: "String", Value: "CT" },
      "0008,1140": { Name: "ReferencedImageSequence", Type: "Sequence", Value: [uidOf, {}] },
      "0010,0010": { Name: "PatientName", Type: "String", Value: "Doe^Jörg" },
      "0010,0020": { Name: "PatientID", Type: "String", Value: "" },
      "0028,0010": { Name: "Rows", Type: "String", Value: "512" },
      "0028,0030": { Name: "PixelSpacing", Type: "String", Value: "0.5\\0.5" },
      "7fe0,0010": { Name: "PixelData", Type: "Null", Value: null },
    });
    assert.deepEqual(await json(PIECES, { dialect: "short" }, uid), {
      "0008,0060": "CT",
      "0008,1140": [{ "0008,1155": "1.2.3" }, {}],
      "0010,0010": "Doe^Jörg",
      "0010,0020": "",
      "0028,0010": "512",
      "0028,0030": "0.5\\0.5",
      "7fe0,0010": null,
    });
    assert.deepEqual(await json(PIECES, { dialect: "simplified" }, uid), {
      Modality: "CT",
      PatientID: "",
      PatientName: "Doe^Jörg",
      PixelData: null,
      PixelSpacing: "0.5\\0.5",
      ReferencedImageSequence: [{ ReferencedSOPInstanceUID: "1.2.3" }, {}],
      Rows: "512",
    });
  });
}

Deno.test("tagsJson() sorts its keys", async () => {
  for (const dialect of ["full", "short", "simplified"] as const) {
    const keys = Object.keys(await json(PIECES.toReversed(), { dialect }));
    assert.deepEqual(keys, keys.toSorted());
  }
});

Deno.test("tagsJson() leaves out text of more than 256 characters, unless its tag is excepted", async () => {
  const comments = 0x00104000;
  const value = async (length: number, ignoreLength: number[] = []) => {
    const options = { dialect: "full", ignoreLength: new Set(ignoreLength) } as const;
    return (await json([element(comments, "LT", "x".repeat(length))], options))["0010,4000"];
  };
  const full = (Type: string, Value: unknown) => ({ Name: "PatientComments", Type, Value });
  assert.deepEqual(await value(256), full("String", "x".repeat(256)));
  assert.deepEqual(await value(257), full("TooLong", null));
  assert.deepEqual(await value(258, [TAG.patientId]), full("TooLong", null));
  assert.deepEqual(await value(258, [comments]), full("String", "x".repeat(258)));
  assert.deepEqual(await value(5000, [comments]), full("TooLong", null)); // not loaded
});

Deno.test("tagsJson() counts characters, not bytes", async () => {
  const utf8 = [
    element(TAG.specificCharacterSet, "CS", "ISO_IR 192"),
    element(0x00104000, "LT", new TextEncoder().encode("é".repeat(200))),
  ];
  assert.equal((await json(utf8, { dialect: "short" }))["0010,4000"], "é".repeat(200));
});

Deno.test("tagsJson() shows null for bytes, unknown VRs and fragments", async () => {
  const pieces = [
    element(0x00091001, "OB", "ab"),
    element(0x00091002, "UN", "ab"),
    element(0x00091003, "FD", ""),
    fragments([new Uint8Array(0)]),
  ];
  for (const value of Object.values(await json(pieces))) {
    assert.equal((value as { Type: string }).Type, "Null");
  }
});

Deno.test("tagsJson() names what the dictionary lacks, and whose private elements are", async () => {
  const pieces = [
    element(0x00090010, "LO", "ACME"),
    element(0x00091001, "LO", "x"),
    element(0x00091101, "LO", "of nobody"),
  ];
  assert.deepEqual(await json(pieces), {
    "0009,0010": { Name: "PrivateCreator", Type: "String", Value: "ACME" },
    "0009,1001": {
      Name: "Unknown Tag & Data",
      PrivateCreator: "ACME",
      Type: "String",
      Value: "x",
    },
    "0009,1101": { Name: "Unknown Tag & Data", Type: "String", Value: "of nobody" },
  });
});

Deno.test("tagsJson() shows the first of repeated tags, and the last of equal names", async () => {
  const pieces = [
    element(TAG.patientId, "LO", "A"),
    element(TAG.patientId, "LO", "B"),
    element(0x00091001, "LO", "C"),
    element(0x00091002, "LO", "D"),
  ];
  assert.equal((await json(pieces, { dialect: "short" }))["0010,0020"], "A");
  const simplified = await json(pieces, { dialect: "simplified" });
  assert.deepEqual(simplified, { PatientID: "A", "Unknown Tag & Data": "D" });
});

Deno.test("toDialect() turns the full dialect into what tagsJson() shows", async () => {
  const full = await json(PIECES);
  for (const dialect of ["full", "short", "simplified"] as const) {
    assert.deepEqual(toDialect(full, dialect), await json(PIECES, { dialect }));
  }
});

Deno.test("showTags() shows values away from their data set, retired ones by keyword", () => {
  const items = [{ "0008,0060": { Name: "Modality", Type: "String", Value: "CT" } }];
  const values = [
    [0x00400275, items],
    [TAG.patientId, "1"],
    [TAG.accessionNumber, null],
    [0x00101000, "other"],
  ] as const;
  assert.deepEqual(showTags(values, "simplified"), {
    AccessionNumber: null,
    OtherPatientIDs: "other",
    PatientID: "1",
    RequestAttributesSequence: [{ Modality: "CT" }],
  });
  assert.deepEqual(Object.keys(showTags(values, "full")), [
    "0008,0050",
    "0010,0020",
    "0010,1000",
    "0040,0275",
  ]);
  assert.deepEqual(showTags(values.slice(0, 1), "full"), {
    "0040,0275": { Name: "RequestAttributesSequence", Type: "Sequence", Value: items },
  });
});
