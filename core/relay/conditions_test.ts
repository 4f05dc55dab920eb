import assert from "node:assert/strict";
import { defaultCharacterSets } from "../dicom/charset.ts";
import { DataSet } from "../dicom/data_set.ts";
import { EXPLICIT_LITTLE_ENDIAN } from "../dicom/transfer_syntax.ts";
import { compileMatch, ConditionProblem, type Facts, type SourceFacts } from "./conditions.ts";

const encoder = new TextEncoder();
const sets = defaultCharacterSets("Utf8");

type Element = readonly [tag: number, vr: "CS" | "LO" | "DS" | "AS" | "DA" | "SH", value: string];

function dataSetOf(elements: readonly Element[]): DataSet {
  const dataSet = new DataSet(EXPLICIT_LITTLE_ENDIAN, () => sets);
  for (const [tag, vr, value] of elements) {
    const bytes = encoder.encode(value);
    dataSet.add({ tag, vr, bytes, length: bytes.length, offset: 0, valueOffset: 0 });
  }
  return dataSet;
}

function imageFacts(): Facts {
  const dataSet = dataSetOf([
    [0x00080008, "CS", "ORIGINAL\\PRIMARY\\AXIAL"],
    [0x00080020, "DA", "20260115"],
    [0x00080060, "CS", "CT"],
    [0x0008103e, "LO", "Chest Thin 1mm "],
    [0x00081030, "LO", ""],
    [0x00101010, "AS", "011M"],
    [0x00180050, "DS", "1.25"],
    [0x00190011, "LO", "ACME 1.1"],
    [0x00191110, "LO", "secret sauce"],
  ]);
  const items = [
    dataSetOf([[0x00400009, "SH", "STEP1"]]),
    dataSetOf([[0x00400009, "SH", "STEP2"]]),
  ];
  dataSet.add({ tag: 0x00400275, vr: "SQ", items, length: 0, offset: 0, valueOffset: 0 });
  const source: SourceFacts = {
    callingAet: "CT1",
    calledAet: "OUTPOST",
    ip: "::ffff:10.1.2.3",
    protocol: "dicom",
    user: undefined,
    size: "524288",
    transferSyntax: "1.2.840.10008.1.2.1",
    sopClass: "1.2.840.10008.5.1.4.1.1.2",
    time: String(Date.UTC(2026, 0, 16, 20)),
  };
  return { dataSet, source };
}

const TRUE: readonly unknown[] = [
  {},
  { Modality: "CT" },
  { Modality: { in: ["MR", "CT"] } },
  { "(0008,0060)": { eq: "CT" } },
  { "0008,0060": { eq: "ct", ignoreCase: true } },
  { SeriesDescription: { wildcard: "*THIN*", ignoreCase: true } },
  { SeriesDescription: { regex: "^Chest .*mm$" } },
  { SliceThickness: { range: [null, 1.5] } },
  { PatientAge: { range: ["300D", "001Y"] } },
  { StudyDate: { range: ["20260101", "20261231"] } },
  { ImageType: { contains: "ORIGINAL" } },
  { ImageType: "ORIGINAL\\PRIMARY\\AXIAL" },
  { Modality: { not: { regex: "^(MR|US)" } } },
  { not: { Modality: "MR" } },
  { any: [{ Modality: "MR" }, { Modality: "CT" }] },
  { "(0019,xx10)/ACME 1.1": { exists: true } },
  { "(0019,xx10)/ACME 1.1": "secret sauce" },
  { "(0019,xx10)/OTHER": { exists: false } },
  { PatientName: { exists: false } },
  { StudyDescription: { empty: true } },
  { "RequestAttributesSequence.ScheduledProcedureStepID": "STEP2" },
  { "source.ip": { cidr: "10.1.0.0/16" } },
  { "source.callingAet": { in: ["CT1", "CT2"] } },
  { "source.size": { range: [1000, null] } },
  { "source.time": { within: "Fri 19:00-06:00 UTC" } },
  { Modality: "CT", "source.protocol": "dicom" },
];

const FALSE: readonly unknown[] = [
  { Modality: "MR" },
  { Modality: "ct" },
  { PatientName: "Doe" },
  { PatientName: { not: { eq: "Doe" } } },
  { PatientName: { wildcard: "*" } },
  { SliceThickness: { range: [2, 3] } },
  { SliceThickness: { range: ["thick", null] } },
  { ImageType: { contains: "ORIG" } },
  { "(0019,xx10)/OTHER": "secret sauce" },
  { PatientName: { empty: true } },
  { "source.user": { exists: true } },
  { "source.ip": { cidr: "10.2.0.0/16" } },
  { "source.time": { within: "Mon-Thu 00:00-24:00 UTC" } },
  { all: [{ Modality: "CT" }, { Modality: "MR" }] },
];

const WRONG: readonly unknown[] = [
  "CT",
  [],
  { NoSuchAttribute: "x" },
  { Modality: { like: "CT" } },
  { Modality: {} },
  { Modality: { regex: "(a)\\1" } },
  { Modality: { in: [] } },
  { SliceThickness: { range: [null, null] } },
  { "source.ip": { cidr: "10.1.0.0/99" } },
  { "source.ip": { cidr: "ten" } },
  { "source.time": { within: "always" } },
  { "source.colour": "red" },
  { "(0018,xx10)/ACME": "x" },
  {
    any: [{
      any: [{
        any: [{
          any: [{ any: [{ any: [{ any: [{ any: [{ any: [{ any: [{ any: [{}] }] }] }] }] }] }] }],
        }],
      }],
    }],
  },
];

for (const [expected, cases] of [[true, TRUE], [false, FALSE]] as const) {
  for (const written of cases) {
    Deno.test(`${JSON.stringify(written)} is ${expected}`, () => {
      const condition = compileMatch(written);
      assert.equal(condition.holds(imageFacts()), expected);
      assert.equal(condition.explain(imageFacts()).result, expected);
    });
  }
}

Deno.test("what is no condition is refused", () => {
  for (const written of WRONG) {
    assert.throws(() => compileMatch(written), ConditionProblem, JSON.stringify(written));
  }
});
