import assert from "node:assert/strict";
import { confidentialityProfile, PROFILE_EDITIONS } from "./confidentiality_profile.ts";
import { CONFIDENTIALITY_PROFILE } from "./confidentiality_profile_table.ts";

Deno.test("confidentialityProfile() has the actions of each edition (PS3.15 Table E.1-1)", () => {
  const [newest, , , oldest] = PROFILE_EDITIONS.map((edition) =>
    confidentialityProfile(edition, [])
  );
  assert.equal(newest!(0x00100010), "clear"); // PatientName
  assert.equal(newest!(0x00100020), "clear"); // PatientID
  assert.equal(newest!(0x00081030), "remove"); // StudyDescription
  assert.equal(newest!(0x00080018), "uid"); // SOPInstanceUID
  assert.equal(newest!(0x00280010), undefined); // Rows
  assert.equal(newest!(0x00080022), "remove"); // AcquisitionDate, later than the first edition
  assert.equal(oldest!(0x00080022), undefined);
  for (const tag of [0x50000010, 0x50fe3000, 0x60003000, 0x60fe4000]) {
    assert.equal(newest!(tag), "remove");
  }
  assert.equal(newest!(0x60000010), undefined);
});

Deno.test("confidentialityProfile() keeps what its options say", () => {
  const keeping = (option: "RetainDates" | "RetainUIDs" | "RetainDeviceIdentity") =>
    confidentialityProfile("2023b", [option]);
  assert.equal(keeping("RetainDates")(0x00080020), undefined); // StudyDate
  assert.equal(keeping("RetainDates")(0x00100030), "clear"); // PatientBirthDate
  assert.equal(keeping("RetainUIDs")(0x00080018), undefined);
  assert.equal(keeping("RetainDeviceIdentity")(0x00181000), undefined); // DeviceSerialNumber
  assert.equal(keeping("RetainDeviceIdentity")(0x00100020), "clear");
});

Deno.test("the table of the profile is sorted and well formed", () => {
  const lines = CONFIDENTIALITY_PROFILE.trim().split("\n");
  for (const line of lines) assert.match(line, /^[0-9a-f]{8} [XZU-]{4}( [duvip]+)?$/);
  const tags = lines.map((line) => line.slice(0, 8));
  assert.deepEqual(tags, [...new Set(tags)].sort());
  assert.ok(lines.length > 450);
});
