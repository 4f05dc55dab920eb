import assert from "node:assert/strict";
import type { DicomJson } from "../json/dicom_json.ts";
import { nativeModel } from "./native_model.ts";

/** Attributes in JSON, and what they are in XML (PS3.19 Section A.1). */
const MODELS: Readonly<Record<string, readonly [model: DicomJson, xml: string]>> = {
  "text": [
    { "00080060": { vr: "CS", Value: ["CT"] } },
    '<DicomAttribute tag="00080060" vr="CS" keyword="Modality"><Value number="1">CT</Value></DicomAttribute>',
  ],
  "several values, of which one is empty": [
    { "00080008": { vr: "CS", Value: ["A", null, "B"] } },
    '<DicomAttribute tag="00080008" vr="CS" keyword="ImageType"><Value number="1">A</Value>' +
    '<Value number="2"/><Value number="3">B</Value></DicomAttribute>',
  ],
  "a number": [
    { "00280010": { vr: "US", Value: [512] } },
    '<DicomAttribute tag="00280010" vr="US" keyword="Rows"><Value number="1">512</Value></DicomAttribute>',
  ],
  "nothing": [
    { "00100020": { vr: "LO" } },
    '<DicomAttribute tag="00100020" vr="LO" keyword="PatientID"/>',
  ],
  "a name": [
    { "00100010": { vr: "PN", Value: [{ Alphabetic: "A^B^^D", Phonetic: "P" }] } },
    '<DicomAttribute tag="00100010" vr="PN" keyword="PatientName"><PersonName number="1"><Alphabetic>' +
    "<FamilyName>A</FamilyName><GivenName>B</GivenName><NamePrefix>D</NamePrefix></Alphabetic>" +
    "<Phonetic><FamilyName>P</FamilyName></Phonetic></PersonName></DicomAttribute>",
  ],
  "a sequence": [
    { "00081140": { vr: "SQ", Value: [{}, { "00080060": { vr: "CS" } }] } },
    '<DicomAttribute tag="00081140" vr="SQ" keyword="ReferencedImageSequence"><Item number="1"/>' +
    '<Item number="2"><DicomAttribute tag="00080060" vr="CS" keyword="Modality"/></Item></DicomAttribute>',
  ],
  "bytes, and those elsewhere": [
    {
      "7FE00010": { vr: "OW", InlineBinary: "AQI=" },
      "00420011": { vr: "OB", BulkDataURI: "/a?b&c" },
    },
    '<DicomAttribute tag="7FE00010" vr="OW" keyword="PixelData"><InlineBinary>AQI=</InlineBinary></DicomAttribute>' +
    '<DicomAttribute tag="00420011" vr="OB" keyword="EncapsulatedDocument"><BulkData uri="/a?b&amp;c"/></DicomAttribute>',
  ],
  "private attributes": [
    { "00090010": { vr: "LO", Value: ["ACME"] }, "00091001": { vr: "LO", Value: ["x"] } },
    '<DicomAttribute tag="00090010" vr="LO"><Value number="1">ACME</Value></DicomAttribute>' +
    '<DicomAttribute tag="00090001" vr="LO" privateCreator="ACME"><Value number="1">x</Value></DicomAttribute>',
  ],
  "what XML does not take": [
    { "00204000": { vr: "LT", Value: ['</Value><a b="\u0000\r\n\ud800&'] } },
    '<DicomAttribute tag="00204000" vr="LT" keyword="ImageComments"><Value number="1">' +
    "&lt;/Value&gt;&lt;a b=&quot;\ufffd&#13;\n\ufffd&amp;</Value></DicomAttribute>",
  ],
};

for (const [what, [model, xml]] of Object.entries(MODELS)) {
  Deno.test(`nativeModel() writes ${what}`, () => {
    const [, content] = /<NativeDicomModel [^>]+>(.*)<\/NativeDicomModel>\n$/s.exec(
      nativeModel(model),
    )!;
    assert.equal(content, xml);
  });
}
