import { Buffer } from "node:buffer";
import assert from "node:assert/strict";
import { CONFIDENTIALITY_PROFILE } from "../../core/archive/confidentiality_profile_table.ts";
import { findByTag } from "../../core/dicom/dictionary.ts";
import { groupOf, TAG } from "../../core/dicom/tag.ts";
import {
  EXPLICIT_BIG_ENDIAN,
  EXPLICIT_LITTLE_ENDIAN,
  findTransferSyntax,
  IMPLICIT_LITTLE_ENDIAN,
} from "../../core/dicom/transfer_syntax.ts";
import { type Vr, vrInfo } from "../../core/dicom/vr.ts";
import { startApp } from "../support/app.ts";
import { element, item, part10, type Piece, sequence } from "../support/dicom.ts";
import { startWithStudy } from "../support/study.ts";

type Tags = Readonly<Record<string, unknown>>;

const TOKEN = "ToKeN42";
/** A UID that holds the token's part for UIDs. */
const UID_TOKEN = "1.2.987654321";
const DEFLATED = findTransferSyntax("1.2.840.10008.1.2.1.99")!;

/** Attributes of the newest profile that a data set may have. */
const PROFILED = CONFIDENTIALITY_PROFILE.trim().split("\n")
  .filter((line) => line[9] !== "-")
  .map((line) => parseInt(line.slice(0, 8), 16))
  .filter((tag) => groupOf(tag) >= 0x0008 && groupOf(tag) < 0xfffa);

/** A token in every attribute of the table and in private ones, at this depth and all below. */
function planted(depth: number, token = TOKEN): Piece[] {
  const pieces = new Map<number, Piece>();
  for (const tag of PROFILED) {
    const vr = findByTag(tag)?.vr ?? "UN";
    pieces.set(tag, value(tag, vr, token));
  }
  // What the profile leaves in place leads deeper.
  if (depth > 0) {
    for (const tag of [0x00081140, 0x0040a730]) {
      pieces.set(tag, sequence(tag, [item(planted(depth - 1, token))]));
    }
  }
  pieces.set(0x00090010, element(0x00090010, "LO", token));
  pieces.set(0x00091001, element(0x00091001, "UN", Buffer.from(`${token}  `)));
  pieces.set(0x00091002, sequence(0x00091002, [item(plain(token))]));
  pieces.set(0x60003000, element(0x60003000, "OB", Buffer.from(`${token}  `)));
  pieces.set(0x50003000, element(0x50003000, "OB", Buffer.from(`${token}  `)));
  return [...pieces].sort(([a], [b]) => a - b).map(([, piece]) => piece);
}

function plain(token: string): Piece[] {
  return [element(TAG.patientName, "PN", token)];
}

function value(tag: number, vr: Vr, token: string): Piece {
  if (vr === "UI") return element(tag, vr, UID_TOKEN);
  if (vr === "SQ") return sequence(tag, [item(plain(token))]);
  const { kind } = vrInfo(vr);
  if (kind === "binary") return element(tag, vr, Buffer.from(`${token}${token}  `));
  const isText = kind === "ascii" || kind === "text" || kind === "longText";
  return element(tag, vr, isText ? token : new Uint8Array(vrInfo(vr).unit));
}

for (
  const { uid, name } of [
    EXPLICIT_LITTLE_ENDIAN,
    IMPLICIT_LITTLE_ENDIAN,
    EXPLICIT_BIG_ENDIAN,
    DEFLATED,
  ]
) {
  Deno.test(`nothing is left of what the profile protects, four deep: ${name}`, async () => {
    await using server = await startApp();
    const file = part10({ pieces: planted(3), syntax: uid });
    const { ID } = await server.upload(file);
    const answer = await server.send("POST", `/instances/${ID}/anonymize`, {});
    assert.equal(answer.status, 200);
    const stored = await server.upload(new Uint8Array(await answer.arrayBuffer()));
    const tags = await server.get<Tags>(`/instances/${stored.ID}/tags?short&whole`);
    const text = JSON.stringify(tags);
    assert.ok(!text.includes(TOKEN), "the token is left");
    assert.ok(!text.includes(UID_TOKEN), "a UID is left");
    assert.ok((tags["0008,1140"] as Tags[]).length === 1);
    const plainText = await server.send("POST", `/instances/${ID}/anonymize`, {
      Transcode: EXPLICIT_LITTLE_ENDIAN.uid,
    });
    const bytes = Buffer.from(await plainText.arrayBuffer());
    assert.ok(!bytes.includes(TOKEN), "the token is left in a value that is not shown");
    assert.ok(!bytes.includes(UID_TOKEN));
  });
}

for (const token of [TOKEN, "Thorax"]) {
  Deno.test(`CleanDescriptors leaves nothing of what identifies: ${token}`, async () => {
    await using server = await startApp();
    const { ID } = await server.upload(part10({ pieces: planted(3, token) }));
    const answer = await server.send("POST", `/instances/${ID}/anonymize`, {
      CleanDescriptors: true,
    });
    assert.equal(answer.status, 200);
    const bytes = Buffer.from(await answer.arrayBuffer());
    assert.ok(!bytes.toString("latin1").toLowerCase().includes(token.toLowerCase()));
    assert.ok(!bytes.includes(UID_TOKEN));
  });
}

Deno.test("anonymize makes a study that says so, whose references hold", async () => {
  await using server = await startWithStudy();
  const path = `/studies/${server.study}/anonymize`;
  const { ID, PatientID } = await server.post<{ ID: string; PatientID: string }>(path, {});
  const patient = await server.get<{ MainDicomTags: Tags; AnonymizedFrom: string }>(
    `/patients/${PatientID}`,
  );
  assert.equal(patient.AnonymizedFrom, server.patient);
  assert.equal(patient.MainDicomTags.PatientName, "Anonymized1");
  assert.match(String(patient.MainDicomTags.PatientID), /^[0-9a-f-]{36}$/);
  const instances = await server.get<{ ID: string; AnonymizedFrom: string }[]>(
    `/studies/${ID}/instances`,
  );
  assert.deepEqual(instances.map((one) => one.AnonymizedFrom).sort(), [...server.instances].sort());
  const all = await Promise.all(
    instances.map((one) => server.get<Tags>(`/instances/${one.ID}/tags?simplify`)),
  );
  const uids = new Set(all.map((tags) => tags.SOPInstanceUID));
  for (const tags of all) {
    assert.equal(tags.PatientIdentityRemoved, "YES");
    assert.match(String(tags.DeidentificationMethod), /2023b Table E\.1-1 Basic Profile/);
    assert.equal(tags.InstitutionName, undefined);
    assert.equal(tags.StudyDate, "");
    const [reference] = tags.ReferencedImageSequence as Tags[];
    assert.ok(uids.has(reference!.ReferencedSOPInstanceUID));
    assert.equal(reference!.PatientName, "");
  }
  assert.equal(new Set(all.map((tags) => tags.FrameOfReferenceUID)).size, 1);
  assert.notEqual(all[0]!.FrameOfReferenceUID, "1.2.3.77");
  const again = await server.post<{ PatientID: string }>(path, {});
  const { MainDicomTags } = await server.get<{ MainDicomTags: Tags }>(
    `/patients/${again.PatientID}`,
  );
  assert.equal(MainDicomTags.PatientName, "Anonymized2");
  assert.notEqual(again.PatientID, PatientID);
});

/** Options, with what an instance then has. */
const OPTIONS: readonly (readonly [options: object, expected: Tags])[] = [
  [{}, { PatientName: "Anonymized1", StudyDate: "" }],
  [{ Keep: ["PatientName", "StudyDescription"] }, {
    PatientName: "Müller^Hans",
    StudyDescription: "Study",
  }],
  [{ Replace: { PatientName: "Roe", PatientID: "X" }, Force: true }, {
    PatientName: "Roe",
    PatientID: "X",
  }],
  [{ Remove: ["Modality"] }, { Modality: undefined }],
  [{ KeepPrivateTags: true }, { "Unknown Tag & Data": "private" }],
  [{ Keep: ["0009-1001"] }, { "Unknown Tag & Data": "private" }],
  [{ RetainDates: true }, { StudyDate: "20200101", PatientName: "Anonymized1" }],
  [{ RetainUIDs: true }, { SOPInstanceUID: "1.2.3.1.1", StudyInstanceUID: "1.2.3" }],
  [{ RetainDeviceIdentity: true }, { DeviceSerialNumber: "Serial", InstitutionName: undefined }],
  [{ RetainInstitutionIdentity: true }, { InstitutionName: "Hospital" }],
  [{ Keep: ["SOPInstanceUID"], Force: true }, { SOPInstanceUID: "1.2.3.1.1" }],
  [{ DicomVersion: "2008" }, { StudyDate: "20200101", InstitutionName: undefined }],
];

Deno.test("anonymize leaves what its options say", async (t) => {
  for (const [options, expected] of OPTIONS) {
    await t.step(JSON.stringify(options), async () => {
      await using server = await startWithStudy();
      const [id] = server.instances;
      const answer = await server.send("POST", `/instances/${id}/anonymize`, options);
      assert.equal(answer.status, 200, await answer.clone().text());
      const file = new Uint8Array(await answer.arrayBuffer());
      await using other = await startApp();
      const { ID } = await other.upload(file);
      const tags = await other.get<Tags>(`/instances/${ID}/tags?simplify`);
      for (const [name, value] of Object.entries(expected)) assert.equal(tags[name], value, name);
    });
  }
});

Deno.test("bulk-anonymize gives each patient an identifier of its own", async () => {
  await using server = await startWithStudy();
  const { ID } = await server.post<{ ID: string }>(`/studies/${server.study}/modify`, {
    Replace: { PatientID: "P2" },
    Force: true,
  });
  const { Resources } = await server.post<{ Resources: { Type: string }[] }>(
    "/tools/bulk-anonymize",
    { Resources: [server.study, ID] },
  );
  const of = (level: string) => Resources.filter(({ Type }) => Type === level).length;
  assert.deepEqual(["Patient", "Study", "Series", "Instance"].map(of), [2, 2, 4, 8]);
});

Deno.test("an anonymisation is logged as changes of what came to be", async () => {
  await using server = await startWithStudy();
  const { ID, PatientID } = await server.post<{ ID: string; PatientID: string }>(
    `/studies/${server.study}/anonymize`,
    {},
  );
  const { Changes } = await server.get<{ Changes: { ChangeType: string; ID: string }[] }>(
    "/changes?limit=1000",
  );
  const of = (type: string) =>
    Changes.filter(({ ChangeType }) => ChangeType === type).map((change) => change.ID);
  const { Series } = await server.get<{ Series: string[] }>(`/studies/${ID}`);
  assert.deepEqual(of("AnonymizedPatient"), [PatientID]);
  assert.deepEqual(of("AnonymizedStudy"), [ID]);
  assert.deepEqual(of("AnonymizedSeries").sort(), Series.toSorted());
  assert.deepEqual(of("ModifiedStudy"), []);
});
