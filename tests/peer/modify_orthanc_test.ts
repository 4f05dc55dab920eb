import { Buffer } from "node:buffer";
import assert from "node:assert/strict";
import { TAG } from "../../core/dicom/tag.ts";
import { startApp, type TestApp } from "../support/app.ts";
import { element, part10 } from "../support/dicom.ts";
import { type Orthanc, ORTHANC_CHECK, startOrthanc } from "../support/orthanc.ts";
import { peerTest } from "../support/peer.ts";
import { studyFile } from "../support/study.ts";

type Tags = { readonly [tag: string]: unknown };
type Send = (method: string, path: string, body?: Uint8Array<ArrayBuffer>) => Promise<Response>;

/** What both servers get: a study of two series, and one of another patient. */
const SOURCES: readonly Uint8Array<ArrayBuffer>[] = [
  studyFile({ series: 1, number: 1 }),
  studyFile({ series: 1, number: 2 }),
  studyFile({ series: 2, number: 1 }),
  part10({
    pieces: [
      element(TAG.specificCharacterSet, "CS", "ISO_IR 100"),
      element(TAG.sopClassUid, "UI", "1.2.840.10008.5.1.4.1.1.2"),
      element(TAG.sopInstanceUid, "UI", "1.2.4.1.1"),
      element(0x00080020, "DA", "20210101"),
      element(0x00080060, "CS", "CT"),
      element(0x0008103e, "LO", "Of another study"),
      element(TAG.patientName, "PN", "Roe"),
      element(TAG.patientId, "LO", "P2"),
      element(0x00100040, "CS", "F"),
      element(TAG.studyInstanceUid, "UI", "1.2.4"),
      element(TAG.seriesInstanceUid, "UI", "1.2.4.1"),
      element(0x00200011, "IS", "9"),
      element(0x00200013, "IS", "1"),
    ],
  }),
];

/** Public identifiers, the same on both servers. */
interface Ids {
  readonly study: string;
  readonly other: string;
  /** Of the study, in order. */
  readonly series: readonly string[];
  readonly patient: string;
  readonly instance: string;
}

/** Requests that make studies. */
const REQUESTS: readonly (readonly [path: (ids: Ids) => string, body: (ids: Ids) => object])[] = [
  [({ study }) => `/studies/${study}/anonymize`, () => ({ DicomVersion: "2021b" })],
  [({ patient }) => `/patients/${patient}/anonymize`, () => ({
    DicomVersion: "2017c",
    Keep: ["SeriesDescription"],
    Replace: { PatientName: "New", "0010-0020": "ID" },
    Force: true,
  })],
  [
    ({ study }) => `/studies/${study}/anonymize`,
    () => ({ DicomVersion: "2008", KeepSource: false }),
  ],
  [({ study }) => `/studies/${study}/modify`, () => ({
    Replace: { StudyDescription: "New", EthnicGroup: "A" },
    Remove: ["InstitutionName"],
    RemovePrivateTags: true,
  })],
  [({ patient }) => `/patients/${patient}/modify`, () => ({
    Replace: { PatientID: "NEW", PatientSex: "O" },
    Force: true,
    KeepSource: false,
  })],
  [({ study }) => `/studies/${study}/split`, ({ series }) => ({
    Series: [series[0]],
    Replace: { PatientName: "Split", PatientComments: "new" },
    Remove: ["AccessionNumber", "StudyDate"],
  })],
  [({ study }) => `/studies/${study}/split`, ({ instance }) => ({
    Instances: [instance],
    KeepSource: true,
  })],
  [({ study }) => `/studies/${study}/merge`, ({ other }) => ({ Resources: [other] })],
  [({ other }) => `/studies/${other}/merge`, ({ series }) => ({
    Resources: [series[0]],
    KeepSource: true,
  })],
];

async function json<T>(response: Response): Promise<T> {
  const text = await response.text();
  assert.equal(response.status, 200, text);
  return JSON.parse(text);
}

/** Stores the sources. */
async function fill(send: Send): Promise<Ids> {
  const stored = [];
  for (const source of SOURCES) {
    stored.push(
      await json<{ ID: string; ParentPatient: string; ParentSeries: string; ParentStudy: string }>(
        await send("POST", "/instances", source),
      ),
    );
  }
  const [first, , third, fourth] = stored;
  return {
    study: first!.ParentStudy,
    other: fourth!.ParentStudy,
    series: [first!.ParentSeries, third!.ParentSeries],
    patient: first!.ParentPatient,
    instance: first!.ID,
  };
}

/** Everything that a server holds: for each instance its elements and text, in an order that UIDs do not change. */
async function contentOf(send: Send): Promise<readonly unknown[]> {
  const ids = await json<string[]>(await send("GET", "/instances"));
  const all = await Promise.all(
    ids.map(async (id) =>
      outlineOf(await json<Tags>(await send("GET", `/instances/${id}/tags?short`)))
    ),
  );
  return all.map((one) => JSON.stringify(one)).sort().map((text) => JSON.parse(text));
}

/**
 * Each element with its text, but for what each server makes its own way. In items, text may differ: there our references
 * follow what was modified, and the profile holds.
 */
function outlineOf(tags: Tags): Tags {
  return mapTags(tags, (text) => MADE.test(text) ? "made" : text);
}

function mapTags(tags: Tags, text: (text: string) => string): Tags {
  const inItem = (item: Tags) => mapTags(item, () => "");
  return Object.fromEntries(
    Object.entries(tags).sort().map(([tag, value]) => [
      tag,
      Array.isArray(value) ? value.map(inItem) : text(String(value)),
    ]),
  );
}

/** New UIDs (Orthanc's with the root of DCMTK), UUIDs, names, and the method of de-identification. */
const MADE =
  /^(2\.25\.|1\.2\.276\.|[0-9a-f]{8}-[0-9a-f-]{27}$|Anonymized\d+$|(Outpost|Orthanc) .*- PS 3\.15)/;

async function contentAfter(send: Send, [path, body]: (typeof REQUESTS)[number]) {
  const ids = await fill(send);
  const sent = Uint8Array.from(Buffer.from(JSON.stringify(body(ids))));
  await json(await send("POST", path(ids), sent));
  return await contentOf(send);
}

const viaApp = (app: TestApp): Send => (method, path, body) => app.send(method, path, body);
const viaOrthanc = (orthanc: Orthanc): Send => (method, path, body) =>
  orthanc.request(method, path, body);

async function empty(orthanc: Orthanc): Promise<void> {
  for (const id of await json<string[]>(await orthanc.request("GET", "/patients"))) {
    await json(await orthanc.request("DELETE", `/patients/${id}`));
  }
}

peerTest({
  name: "anonymise, modify, split and merge leave an archive with the elements that Orthanc's has",
  needs: [ORTHANC_CHECK],
  async fn(t) {
    await using orthanc = await startOrthanc();
    for (const [number, request] of REQUESTS.entries()) {
      const [path] = request;
      await t.step(`${number} ${path(NO_IDS)}`, async () => {
        await using app = await startApp();
        const ours = await contentAfter(viaApp(app), request);
        const theirs = await contentAfter(viaOrthanc(orthanc), request);
        await empty(orthanc);
        assert.deepEqual(ours, theirs);
      });
    }
  },
});

const NO_IDS: Ids = { study: "…", other: "…", series: [], patient: "…", instance: "…" };
