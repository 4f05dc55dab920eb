import assert from "node:assert/strict";
import fc from "fast-check";
import {
  findByName,
  findByTag,
  parseTagOrName,
  registerPrivateEntries,
  tagName,
} from "./dictionary.ts";
import { DICTIONARY } from "./dictionary_table.ts";
import { formatTag, type Tag, tagHex } from "./tag.ts";
import { VRS } from "./vr.ts";

/** As Orthanc 1.10.1 with DCMTK 3.6.7 shows them in /tags. */
const NAMES: readonly [Tag, string][] = [
  [0x00020000, "FileMetaInformationGroupLength"],
  [0x00020026, "SourcePresentationAddress"],
  [0x00080000, "GenericGroupLength"],
  [0x00080001, "RETIRED_LengthToEnd"],
  [0x00080005, "SpecificCharacterSet"],
  [0x00090000, "PrivateGroupLength"],
  [0x00090005, "Unknown Tag & Data"],
  [0x00090010, "PrivateCreator"],
  [0x000900ff, "PrivateCreator"],
  [0x00091201, "Unknown Tag & Data"],
  [0x00100020, "PatientID"],
  [0x00101000, "OtherPatientIDs"],
  [0x00101090, "RETIRED_MedicalRecordLocator"],
  [0x00203100, "RETIRED_SourceImageIDs"],
  [0x002031fe, "RETIRED_SourceImageIDs"],
  [0x00203101, "Unknown Tag & Data"],
  [0x00280410, "RETIRED_RowsForNthOrderCoefficients"],
  [0x00280420, "Unknown Tag & Data"],
  [0x0040a803, "NumberOfTableColumns"],
  [0x21000140, "DestinationAE"],
  [0x300a0082, "RETIRED_BeamDoseSpecificationPoint"],
  [0x44449999, "Unknown Tag & Data"],
  [0x50003000, "RETIRED_CurveData"],
  [0x50fe0005, "RETIRED_CurveDimensions"],
  [0x60000000, "GenericGroupLength"],
  [0x60003000, "OverlayData"],
  [0x60100010, "OverlayRows"],
  [0x60fe0012, "RETIRED_OverlayPlanes"],
  [0x60010010, "PrivateCreator"],
  [0x60013000, "Unknown Tag & Data"],
  [0x7f020010, "RETIRED_VariablePixelData"],
  [0x7fe00010, "PixelData"],
];

Deno.test("tagName() gives the names that Orthanc shows", () => {
  for (const [tag, name] of NAMES) assert.equal(tagName(tag), name, tagHex(tag));
});

Deno.test("findByTag() gives the standard's keyword and VR, and the tag asked for", () => {
  assert.deepEqual(findByTag(0x00101000), {
    tag: 0x00101000,
    name: "OtherPatientIDs",
    keyword: "OtherPatientIDs",
    vr: "LO",
  });
  assert.deepEqual(findByTag(0x60023000), {
    tag: 0x60023000,
    name: "OverlayData",
    keyword: "OverlayData",
    vr: "OW",
  });
  assert.equal(findByTag(0x00080001)?.keyword, "LengthToEnd");
  assert.equal(findByTag(0x44449999), undefined);
});

Deno.test("findByTag() chooses a VR where the standard leaves a choice", () => {
  assert.equal(findByTag(0x00280106)?.vr, "US"); // US or SS
  assert.equal(findByTag(0x00283006)?.vr, "OW"); // US or OW
  assert.equal(findByTag(0x7fe00010)?.vr, "OW"); // OB or OW
  assert.equal(findByTag(0xfffee000)?.vr, "UN"); // none
});

Deno.test("findByName() takes keywords and Orthanc's names, the exact case first", () => {
  assert.equal(findByName("PatientID")?.tag, 0x00100020);
  assert.equal(findByName("patientid")?.tag, 0x00100020);
  assert.equal(findByName("LengthToEnd")?.tag, 0x00080001);
  assert.equal(findByName("RETIRED_LengthToEnd")?.tag, 0x00080001);
  assert.equal(findByName("RETIRED_OtherPatientIDs")?.tag, 0x00101000);
  assert.equal(findByName("NoSuchKeyword"), undefined);
  assert.equal(findByName(""), undefined);
});

Deno.test("parseTagOrName() reads every form of a tag", () => {
  for (const text of ["0010,0020", "0010-0020", "00100020", "PatientID"]) {
    assert.equal(parseTagOrName(text), 0x00100020, text);
  }
  assert.equal(parseTagOrName("7FE0,0010"), 0x7fe00010);
  assert.equal(parseTagOrName("10,20"), undefined);
});

Deno.test("parseTagOrName() reads back what formatTag() writes", () => {
  fc.assert(fc.property(fc.nat(0xffffffff), fc.constantFrom(",", "-", ""), (tag, separator) => {
    assert.equal(parseTagOrName(formatTag(tag, separator)), tag);
  }));
});

Deno.test("registerPrivateEntries() knows an attribute wherever its creator's block lies", () => {
  const entry = { tag: 0x00e11020, vr: "LO", name: "Test", privateCreator: "ACME" } as const;
  registerPrivateEntries([entry]);
  assert.equal(tagName(0x00e11020, "ACME"), "Test");
  assert.deepEqual(findByTag(0x00e1ff20, "ACME"), {
    tag: 0x00e1ff20,
    name: "Test",
    keyword: "Test",
    vr: "LO",
  });
  assert.equal(tagName(0x00e11021, "ACME"), "Unknown Tag & Data");
  assert.equal(tagName(0x00e11020, "OTHER"), "Unknown Tag & Data");
  assert.equal(tagName(0x00e11020), "Unknown Tag & Data");
  assert.equal(findByName("Test")?.tag, 0x00e11020);
});

Deno.test("registerPrivateEntries() goes before the standard's entries", () => {
  registerPrivateEntries([{ tag: 0x44440010, vr: "SH", name: "Added", privateCreator: "" }]);
  assert.equal(findByTag(0x44440010)?.vr, "SH");
  assert.equal(parseTagOrName("added"), 0x44440010);
});

Deno.test("DICTIONARY holds each tag and each keyword once, in order, with a known VR", () => {
  const keywords = new Set<string>();
  let count = 0;
  for (const [group, text] of Object.entries(DICTIONARY)) {
    const lines = text.split("\n");
    assert.deepEqual(lines, [...new Set(lines)].toSorted(), group);
    for (const line of lines) {
      const [, vr, keyword] = /^[0-9a-f]{4}([A-Z]{2})!?([A-Za-z][A-Za-z0-9]+)$/.exec(line) ?? [];
      assert.ok(vr !== undefined && keyword !== undefined && Object.hasOwn(VRS, vr), line);
      keywords.add(keyword);
      count++;
    }
  }
  assert.equal(keywords.size, count);
  assert.ok(count > 5000);
});
