import assert from "node:assert/strict";
import { dataSet, element, item, type Piece, sequence } from "../../../tests/support/dicom.ts";
import { defaultCharacterSets } from "../charset.ts";
import { decodeDataSet } from "../decode.ts";
import {
  type DataSetEncoding,
  EXPLICIT_BIG_ENDIAN,
  EXPLICIT_LITTLE_ENDIAN,
} from "../transfer_syntax.ts";
import { dicomJson } from "./dicom_json.ts";

function json(pieces: readonly Piece[], encoding: DataSetEncoding = EXPLICIT_LITTLE_ENDIAN) {
  const read = decodeDataSet(dataSet(pieces, encoding), encoding, {
    defaultSets: defaultCharacterSets("Latin1"),
    maximumLength: 64,
  });
  return dicomJson(read, (path) => `bulk/${path.join("/")}`);
}

/** Elements, and what they are in JSON (PS3.18 Tables F.2.3-1 and F.3.1-1). */
const ELEMENTS: readonly (readonly [piece: Piece, tag: string, json: unknown])[] = [
  [element(0x00080060, "CS", "CT"), "00080060", { vr: "CS", Value: ["CT"] }],
  [element(0x00080060, "CS"), "00080060", { vr: "CS" }],
  [element(0x00080008, "CS", "A\\\\B"), "00080008", { vr: "CS", Value: ["A", null, "B"] }],
  [element(0x00100010, "PN", "A^B=C=D"), "00100010", {
    vr: "PN",
    Value: [{ Alphabetic: "A^B", Ideographic: "C", Phonetic: "D" }],
  }],
  [element(0x00280030, "DS", "0.50\\-1e3"), "00280030", { vr: "DS", Value: [0.5, -1000] }],
  [element(0x00200013, "IS", "x"), "00200013", { vr: "IS", Value: ["x"] }],
  [element(0x00280010, "US", [512]), "00280010", { vr: "US", Value: [512] }],
  [element(0x00080001, "UV", [2n ** 60n]), "00080001", { vr: "UV", Value: [String(2n ** 60n)] }],
  [element(0x00189305, "FD", [NaN]), "00189305", { vr: "FD", Value: ["nan"] }],
  [element(0x00204000, "LT", "a\\b"), "00204000", { vr: "LT", Value: ["a\\b"] }],
  [element(0x00720026, "AT", [0x00100020]), "00720026", { vr: "AT", Value: ["00100020"] }],
  [element(0x7fe00010, "OW", Uint8Array.of(1, 2)), "7FE00010", { vr: "OW", InlineBinary: "AQI=" }],
  [element(0x7fe00010, "OB", new Uint8Array(66)), "7FE00010", {
    vr: "OB",
    BulkDataURI: "bulk/7fe0-0010",
  }],
  [sequence(0x00081140, []), "00081140", { vr: "SQ" }],
  [
    sequence(0x00081140, [item([]), item([element(0x00204000, "LT", "x".repeat(66))])]),
    "00081140",
    {
      vr: "SQ",
      Value: [{}, {
        "00204000": { vr: "LT", BulkDataURI: "bulk/0008-1140/1/0020-4000" },
      }],
    },
  ],
];

for (const [index, [piece, tag, expected]] of ELEMENTS.entries()) {
  Deno.test(`dicomJson() of element ${index} is ${JSON.stringify(expected)}`, () => {
    assert.deepEqual(json([piece]), { [tag]: expected });
  });
}

Deno.test("dicomJson() has binary values in little endian, and no group lengths", () => {
  const pieces = [element(0x00280000, "UL", [10]), element(0x7fe00010, "OW", Uint8Array.of(1, 2))];
  assert.deepEqual(json(pieces, EXPLICIT_BIG_ENDIAN), {
    "7FE00010": { vr: "OW", InlineBinary: "AgE=" },
  });
});
