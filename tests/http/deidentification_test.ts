import assert from "node:assert/strict";
import { PROFILE_OPTIONS } from "../../core/archive/confidentiality_profile.ts";
import { startApp } from "../support/app.ts";
import { element, item, part10, type Piece, sequence } from "../support/dicom.ts";
import { startWithStudy, type StudyApp } from "../support/study.ts";

type Tags = Readonly<Record<string, unknown>>;

const CT = "1.2.840.10008.5.1.4.1.1.2";
const OWN_UID = "1.2.3.4.5";

/** An instance that refers to itself, with what each option is for. */
const PIECES: readonly Piece[] = [
  element(0x00080016, "UI", CT),
  element(0x00080018, "UI", OWN_UID),
  element(0x00080020, "DA", "20200101"),
  element(0x00080050, "SH", "KNEE7"),
  element(0x00080080, "LO", "Hospital"),
  element(0x00081030, "LO", "CT Thorax Hand, Miller"),
  element(0x0008103e, "LO", "Thorax 5mm\\Miller"),
  sequence(0x00081110, [item([element(0x00081155, "UI", "1.2.3.4")])]),
  sequence(0x00081140, [item([
    element(0x00081155, "UI", OWN_UID),
    element(0x00104000, "LT", "Dr. Miller saw the knee"),
  ])]),
  element(0x00100010, "PN", "Hand^Rose"),
  element(0x00100020, "LO", "P1"),
  element(0x00101010, "AS", "045Y"),
  element(0x00102110, "LO", "iodine, Rose says"),
  element(0x00181000, "LO", "Serial"),
  element(0x0020000d, "UI", "1.2.3.4"),
  element(0x0020000e, "UI", "1.2.3.4.6"),
  element(0x00400241, "AE", "CT7"),
];

/** The tags of what the instance becomes. */
async function anonymized(
  body: object,
  pieces: readonly Piece[] = PIECES,
): Promise<Tags> {
  await using server = await startApp();
  const { ID } = await server.upload(part10({ pieces }));
  const answer = await server.send("POST", `/instances/${ID}/anonymize`, body);
  assert.equal(answer.status, 200, await answer.clone().text());
  return await tagsOf(new Uint8Array(await answer.arrayBuffer()));
}

async function tagsOf(file: Uint8Array<ArrayBuffer>): Promise<Tags> {
  await using server = await startApp();
  const { ID } = await server.upload(file);
  return await server.get<Tags>(`/instances/${ID}/tags?simplify`);
}

function codesOf(tags: Tags): readonly (readonly [unknown, unknown, unknown])[] {
  const items = (tags.DeidentificationMethodCodeSequence ?? []) as Tags[];
  return items.map((one) => [one.CodeValue, one.CodingSchemeDesignator, one.CodeMeaning]);
}

const BASIC = ["113100", "DCM", "Basic Application Confidentiality Profile"];

for (const [option, { code, meaning }] of Object.entries(PROFILE_OPTIONS)) {
  Deno.test(`a result with ${option} says so`, async () => {
    const tags = await anonymized({ [option]: true });
    assert.deepEqual(codesOf(tags), [BASIC, [code, "DCM", meaning]]);
    const dates = option === "RetainDates" ? "UNMODIFIED" : "REMOVED";
    assert.equal(tags.LongitudinalTemporalInformationModified, dates);
    assert.equal(tags.PatientIdentityRemoved, "YES");
  });
}

Deno.test("codes of several options stand in the order of the table; without options there are none", async () => {
  const all = Object.fromEntries(Object.keys(PROFILE_OPTIONS).map((option) => [option, true]));
  const codes = codesOf(await anonymized(all)).map(([code]) => code);
  assert.deepEqual(codes, ["113100", ...Object.values(PROFILE_OPTIONS).map(({ code }) => code)]);
  const none = await anonymized({});
  assert.deepEqual(codesOf(none), []);
  assert.equal(none.LongitudinalTemporalInformationModified, undefined);
});

Deno.test("what is asked for beside the profile is not claimed to be the profile", async () => {
  for (const body of [{ Keep: ["StudyID"] }, { KeepPrivateTags: true }, { Remove: ["Modality"] }]) {
    const tags = await anonymized({ RetainDates: true, ...body });
    assert.deepEqual(codesOf(tags), [], JSON.stringify(body));
    assert.equal(tags.DeidentificationMethod, undefined);
    assert.equal(tags.PatientIdentityRemoved, "YES");
    assert.equal(tags.LongitudinalTemporalInformationModified, "UNMODIFIED");
  }
});

Deno.test("a former word about dates does not outlive them", async () => {
  const before = PIECES.toSpliced(-1, 0, element(0x00280303, "CS", "UNMODIFIED"));
  const tags = await anonymized({}, before);
  assert.equal(tags.LongitudinalTemporalInformationModified, "REMOVED");
});

Deno.test("CleanDescriptors leaves words that identify nobody, at every depth", async () => {
  const tags = await anonymized({ CleanDescriptors: true });
  assert.equal(tags.StudyDescription, "CT Thorax");
  assert.equal(tags.SeriesDescription, "Thorax 5mm");
  const [reference] = tags.ReferencedImageSequence as Tags[];
  assert.equal(reference!.PatientComments, "Dr the knee");
  assert.equal(tags.Allergies, "iodine");
  assert.equal(tags.PerformedStationAETitle, undefined);
  assert.equal(tags.AccessionNumber, "");
  const plain = await anonymized({});
  assert.equal(plain.StudyDescription, undefined);
});

Deno.test("what an option cleans is cleaned for it alone", async () => {
  const patient = await anonymized({ RetainPatientCharacteristics: true });
  assert.equal(patient.PatientAge, "045Y");
  assert.equal(patient.Allergies, "iodine");
  assert.equal(patient.StudyDescription, undefined);
  const device = await anonymized({ RetainDeviceIdentity: true });
  assert.equal(device.DeviceSerialNumber, "Serial");
  assert.equal(device.PerformedStationAETitle, undefined, "none of its words is known");
});

Deno.test("RetainUIDs keeps UIDs at every depth, and sequences of references", async () => {
  const tags = await anonymized({ RetainUIDs: true });
  assert.equal(tags.SOPInstanceUID, OWN_UID);
  const [image] = tags.ReferencedImageSequence as Tags[];
  assert.equal(image!.ReferencedSOPInstanceUID, OWN_UID);
  assert.equal(image!.PatientComments, undefined, "the profile holds in what is kept");
  const [study] = tags.ReferencedStudySequence as Tags[];
  assert.equal(study!.ReferencedSOPInstanceUID, "1.2.3.4");
});

/** Where a study or an instance of it is anonymised. */
function pathsOf({ study, instances }: StudyApp): readonly string[] {
  return [
    "/tools/bulk-anonymize",
    `/studies/${study}/anonymize`,
    `/instances/${instances[0]}/anonymize`,
  ];
}

/** Bodies that are refused, with the status. */
const REFUSED: readonly (readonly [body: object, status: number])[] = [
  [{ RetainDates: "yes" }, 400],
  [{ CleanDescriptors: 1 }, 400],
  [{ DicomVersion: "2024z" }, 400],
  [{ DicomVersion: 2021 }, 400],
];

Deno.test("options that are none are refused", async () => {
  await using server = await startWithStudy();
  for (const [body, status] of REFUSED) {
    for (const path of pathsOf(server)) {
      const answer = await server.send("POST", path, { Resources: [server.study], ...body });
      await answer.body?.cancel();
      assert.equal(answer.status, status, `${path} ${JSON.stringify(body)}`);
    }
  }
});

/** Of one resource, or of many. */
interface ModificationAnswer {
  readonly PatientID?: string;
  readonly Resources: readonly { readonly ID: string; readonly Type: string }[];
}

Deno.test("jobs have the same options", async () => {
  await using server = await startWithStudy();
  const options = { CleanDescriptors: true, RetainDates: true };
  for (const path of pathsOf(server).slice(0, 2)) {
    const body = { Resources: [server.study], ...options };
    const { PatientID, Resources } = await server.post<ModificationAnswer>(path, body);
    const patient = PatientID ?? Resources.find(({ Type }) => Type === "Patient")!.ID;
    const made = await server.get<{ ID: string }[]>(`/patients/${patient}/instances`);
    assert.equal(made.length, 4);
    const tags = await server.get<Tags>(`/instances/${made[0]!.ID}/tags?simplify`);
    assert.equal(tags.StudyDescription, "Study");
    assert.match(String(tags.SeriesDescription), /^Series$/, "numbers go");
    assert.equal(tags.StudyDate, "20200101");
    assert.deepEqual(codesOf(tags).map(([code]) => code), ["113100", "113106", "113105"]);
  }
});
