import assert from "node:assert/strict";
import { findByTag } from "../dicom/dictionary.ts";
import type { Tag } from "../dicom/tag.ts";
import {
  confidentialityProfile,
  PROFILE_EDITIONS,
  PROFILE_OPTIONS,
  type ProfileOption,
} from "./confidentiality_profile.ts";
import { CONFIDENTIALITY_PROFILE } from "./confidentiality_profile_table.ts";

const LINES = CONFIDENTIALITY_PROFILE.trim().split("\n");

interface Row {
  readonly tag: Tag;
  readonly hex: string;
  readonly actions: string;
  readonly columns: string;
}

const ROWS: readonly Row[] = LINES.map((line) => {
  const [hex = "", actions = "", columns = ""] = line.split(" ");
  return { tag: parseInt(hex, 16), hex, actions, columns };
});

Deno.test("confidentialityProfile() has the actions of each edition (PS3.15 Table E.1-1)", () => {
  const [newest, , , oldest] = PROFILE_EDITIONS.map((edition) => {
    const profile = confidentialityProfile(edition, []);
    return (tag: Tag) => profile(tag)?.action;
  });
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

/** Attributes that 2023b has and 2021b has not, and the one that changed. */
const LATER: readonly (readonly [tag: Tag, action: string])[] = [
  [0x00080012, "remove"], // InstanceCreationDate
  [0x00080017, "uid"], // AcquisitionUID
  [0x00080055, "remove"], // StationAETitle
  [0x00181200, "remove"], // DateOfLastCalibration
  [0x0040a121, "clear"], // Date
  [0x00420011, "clear"], // EncapsulatedDocument
  [0x00440104, "clear"], // AssertionDateTime
  [0x006a0005, "clear"], // AnnotationGroupLabel
  [0x00720066, "clear"], // SelectorLOValue
  [0x04000562, "clear"], // AttributeModificationDateTime
  [0x300e0004, "clear"], // ReviewDate
  [0x40080200, "remove"], // InterpretationID
];

Deno.test("confidentialityProfile() of 2023b has what the edition added", () => {
  const [newest, former] = (["2023b", "2021b"] as const).map((of) =>
    confidentialityProfile(of, [])
  );
  for (const [tag, action] of LATER) {
    assert.equal(newest!(tag)?.action, action, findByTag(tag)?.keyword);
    assert.equal(former!(tag), undefined, findByTag(tag)?.keyword);
  }
  const treatmentSite = 0x30100077;
  assert.equal(newest!(treatmentSite)?.action, "remove");
  assert.equal(former!(treatmentSite)?.action, "clear");
});

/** Cells of the standard's table: columns of options of an attribute, in the order of our table. */
const CELLS: Readonly<Record<string, string>> = {
  StudyDate: "d",
  TimezoneOffsetFromUTC: "d",
  FrameOriginTimestamp: "d",
  DateOfLastCalibration: "dv",
  GPSTimeStamp: "",
  PatientBirthDate: "",
  SOPInstanceUID: "u",
  AffectedSOPInstanceUID: "u",
  ReferencedStudySequence: "u",
  DeviceUID: "uv",
  UID: "",
  DigitalSignatureUID: "",
  StationName: "v",
  DeviceSerialNumber: "v",
  ManufacturerDeviceIdentifier: "v",
  DeviceAlternateIdentifier: "",
  PerformedLocation: "",
  ScheduledProcedureStepLocation: "v",
  PerformedStationAETitle: "V",
  NetworkID: "V",
  InstitutionName: "i",
  ClinicalTrialSiteName: "i",
  SourceOfPreviousValues: "i",
  PatientSex: "p",
  PatientAge: "p",
  PregnancyStatus: "p",
  Allergies: "Pc",
  PreMedication: "P",
  SpecialNeeds: "P",
  SeriesDescription: "c",
  LongDeviceDescription: "c",
  ProtocolName: "c",
  ModifiedImageDescription: "",
  ContentSequence: "s",
  SpecimenPreparationSequence: "s",
  GraphicAnnotationSequence: "g",
};

Deno.test("the table has the standard's cells of each option", () => {
  for (const [keyword, columns] of Object.entries(CELLS)) {
    const row = ROWS.find(({ tag }) => findByTag(tag)?.keyword === keyword);
    assert.equal(row?.columns, columns, keyword);
  }
});

/** How many attributes of the table each column has, those of repeating groups aside. */
const SIZES = { d: 161, u: 57, v: 44, V: 11, i: 10, p: 9, P: 4, c: 125, s: 3, g: 1 };

Deno.test("the columns of the table have the standard's number of attributes", () => {
  for (const [column, size] of Object.entries(SIZES)) {
    assert.equal(ROWS.filter(({ columns }) => columns.includes(column)).length, size, column);
  }
  const actions = PROFILE_EDITIONS.map((_edition, at) =>
    ROWS.filter((row) => row.actions[at] !== "-").length
  );
  assert.deepEqual(actions, [602, 454, 272, 58]);
});

Deno.test("the table of the profile is sorted and well formed", () => {
  for (const line of LINES) assert.match(line, /^[0-9a-f]{8} [XZU-]{4}( d?u?v?V?i?p?P?c?s?g?)?$/);
  const tags = LINES.map((line) => line.slice(0, 8));
  assert.deepEqual(tags, [...new Set(tags)].sort());
});

/** What an attribute is, by its VR, and the columns that follow from it; few attributes are otherwise. */
const TEMPORAL: ReadonlySet<string> = new Set(["DA", "TM", "DT"]);
const OTHERWISE = {
  d: [
    "TimezoneOffsetFromUTC",
    "PatientBirthDate",
    "PatientBirthTime",
    "GPSTimeStamp",
    "FrameOriginTimestamp",
    "CertifiedTimestamp",
  ],
  u: [
    "ReferencedStudySequence",
    "ReferencedPerformedProcedureStepSequence",
    "ReferencedPatientSequence",
    "UID",
    "DigitalSignatureUID",
  ],
  V: [],
  U: ["AffectedSOPInstanceUID", "AnnotationGroupUID"],
};

Deno.test("dates, UIDs and AE titles of the table are treated as such", () => {
  const other = { d: [] as string[], u: [] as string[], V: [] as string[], U: [] as string[] };
  for (const { tag, actions, columns } of ROWS) {
    const { keyword, vr } = findByTag(tag)!;
    if (columns.includes("d") !== TEMPORAL.has(vr)) other.d.push(keyword);
    if (columns.includes("u") !== (vr === "UI")) other.u.push(keyword);
    if (columns.includes("V") !== (vr === "AE")) other.V.push(keyword);
    if (/^-*U/.test(actions) !== (vr === "UI")) other.U.push(keyword);
  }
  assert.deepEqual(other, OTHERWISE);
});

Deno.test("an edition has all attributes of the former one, but for one", () => {
  for (const at of [1, 2, 3]) {
    const lost = ROWS.filter(({ actions }) => actions[at] !== "-" && actions[at - 1] === "-");
    assert.deepEqual(lost.map(({ hex }) => hex), at === 2 ? ["00203404"] : []);
  }
});

/** An attribute that an option keeps, one that it cleans, and one that it has nothing to say of. */
const EFFECTS: Readonly<Record<ProfileOption, readonly (Tag | undefined)[]>> = {
  RetainDates: [0x00080020, undefined, 0x00100030],
  RetainUIDs: [0x00080018, undefined, 0x00080020],
  RetainDeviceIdentity: [0x00181000, 0x00400241, 0x00100020],
  RetainInstitutionIdentity: [0x00080080, undefined, 0x00081010],
  RetainPatientCharacteristics: [0x00101010, 0x00102110, 0x00100010],
  CleanDescriptors: [undefined, 0x0008103e, 0x00080050],
};

Deno.test("confidentialityProfile() keeps and cleans what its options say", () => {
  const basic = confidentialityProfile("2023b", []);
  for (const option of Object.keys(PROFILE_OPTIONS) as ProfileOption[]) {
    const profile = confidentialityProfile("2023b", [option]);
    const [kept, cleaned, other] = EFFECTS[option];
    if (kept !== undefined) assert.equal(profile(kept), undefined, option);
    if (cleaned !== undefined) {
      assert.deepEqual(profile(cleaned), { action: "remove", isCleaned: true }, option);
      assert.equal(basic(cleaned)?.isCleaned, false);
    }
    assert.deepEqual(profile(other!), basic(other!), option);
  }
});

Deno.test("what one option keeps, another does not clean", () => {
  const profile = confidentialityProfile("2023b", ["CleanDescriptors", "RetainDates"]);
  assert.equal(profile(0x00080020), undefined);
  assert.equal(profile(0x0008103e)?.isCleaned, true);
});
