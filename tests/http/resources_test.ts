import assert from "node:assert/strict";
import { startApp } from "../support/app.ts";
import { FILES, IDS, startFilled } from "../support/filled.ts";
import { instanceFile } from "../support/instances.ts";

const { p1: P1, p2: P2, knee: S1, later: S2, mr: E1, ct: CT, mr1: I1, mr2: I2, ct1: CT1 } = IDS;

/** A path, and what its JSON must be, or contain. */
type Case = readonly [path: string, expected: unknown];

const EXACT: readonly Case[] = [
  [`/patients/${P1}`, {
    ID: P1,
    IsProtected: false,
    IsStable: false,
    Labels: [],
    LastUpdate: "20260101T000000",
    MainDicomTags: {
      PatientBirthDate: "19700102",
      PatientID: "P1",
      PatientName: "KNIX",
      PatientSex: "O",
    },
    Studies: [S1, S2].sort(),
    Type: "Patient",
  }],
  [`/studies/${S1}`, {
    ID: S1,
    IsStable: false,
    Labels: [],
    LastUpdate: "20260101T000000",
    MainDicomTags: {
      AccessionNumber: "A1",
      StudyDate: "20240115",
      StudyDescription: "Knee (R)",
      StudyInstanceUID: "1.1",
    },
    ParentPatient: P1,
    PatientMainDicomTags: {
      PatientBirthDate: "19700102",
      PatientID: "P1",
      PatientName: "KNIX",
      PatientSex: "O",
    },
    Series: [E1, CT].sort(),
    Type: "Study",
  }],
  [`/series/${E1}`, {
    ExpectedNumberOfInstances: 2,
    ID: E1,
    Instances: [I1, I2].sort(),
    IsStable: false,
    Labels: [],
    LastUpdate: "20260101T000000",
    MainDicomTags: {
      ImagesInAcquisition: "2",
      Modality: "MR",
      NumberOfTemporalPositions: "1",
      RequestAttributesSequence: [{ ScheduledProcedureStepID: "STEP" }],
      SeriesInstanceUID: "1.1.1",
    },
    ParentStudy: S1,
    Status: "Complete",
    Type: "Series",
  }],
  [`/series/${CT}?response-content=Status`, {
    ExpectedNumberOfInstances: null,
    ID: CT,
    Status: "Unknown",
    Type: "Series",
  }],
  [`/instances/${I2}?response-content=MainDicomTags;Parent;Labels`, {
    ID: I2,
    Labels: [],
    MainDicomTags: { InstanceNumber: "2", NumberOfFrames: "3", SOPInstanceUID: "1.1.1.2" },
    ParentSeries: E1,
    Type: "Instance",
  }],
  [`/patients/${P2}?response-content=MainDicomTags&short`, {
    ID: P2,
    MainDicomTags: { "0010,0010": "Test-Θ", "0010,0020": "P2" },
    Type: "Patient",
  }],
  [`/patients/${P2}?response-content=MainDicomTags&full`, {
    ID: P2,
    MainDicomTags: {
      "0010,0010": { Name: "PatientName", Type: "String", Value: "Test-Θ" },
      "0010,0020": { Name: "PatientID", Type: "String", Value: "P2" },
    },
    Type: "Patient",
  }],
  [`/patients/${P2}?response-content=Children;IsStable;IsProtected;Metadata`, {
    ID: P2,
    IsProtected: false,
    IsStable: false,
    Metadata: {
      LastUpdate: "20260101T000000",
      MainDicomTagsSignature: "0010,0010;0010,0020;0010,0030;0010,0040;0010,1000",
    },
    Studies: [IDS.greek],
    Type: "Patient",
  }],
  [
    `/studies/${S1}/statistics`,
    statistics({ CountInstances: 3, CountSeries: 2 }, FILES.slice(0, 3)),
  ],
  [`/instances/${I1}/statistics`, statistics({}, FILES.slice(0, 1))],
  ["/statistics", {
    CountInstances: 5,
    CountPatients: 2,
    CountSeries: 4,
    CountStudies: 3,
    TotalDiskSize: sizeOf(FILES),
    TotalDiskSizeMB: 0,
    TotalUncompressedSize: sizeOf(FILES),
    TotalUncompressedSizeMB: 0,
  }],
  ["/patients", [P1, P2].sort()],
  ["/series?since=1&limit=2", allSeries().slice(1, 3)],
  ["/series?since=3&limit=0", allSeries().slice(3)],
  ["/series?since=4&limit=10", []],
  ["/series?expand=false", allSeries()],
  ["/series?expand=0", allSeries()],
  ["/series?requested-tags=Modality", allSeries()],
  [`/patients/${P1}/series?expand=false`, [E1, CT, IDS.laterSeries].sort()],
  [`/studies/${S1}/instances?expand=false`, [I1, I2, CT1].sort()],
];

const REQUESTED:
  readonly (readonly [of: string, tags: string, expected: Record<string, unknown>])[] = [
    [`/patients/${P1}`, "NumberOfPatientRelatedStudies;0020,1202;NumberOfPatientRelatedInstances", {
      NumberOfPatientRelatedStudies: "2",
      NumberOfPatientRelatedSeries: "3",
      NumberOfPatientRelatedInstances: "4",
    }],
    [`/studies/${S1}`, "ModalitiesInStudy;SOPClassesInStudy;NumberOfStudyRelatedSeries;00201208", {
      ModalitiesInStudy: "CT\\MR",
      NumberOfStudyRelatedInstances: "3",
      NumberOfStudyRelatedSeries: "2",
      SOPClassesInStudy: "1.2.840.10008.5.1.4.1.1.2\\1.2.840.10008.5.1.4.1.1.4",
    }],
    [`/series/${E1}`, "NumberOfSeriesRelatedInstances;PatientName;StudyDate;ModalitiesInStudy", {
      ModalitiesInStudy: "CT\\MR",
      NumberOfSeriesRelatedInstances: "2",
      PatientName: "KNIX",
      StudyDate: "20240115",
    }],
    [`/instances/${I1}`, "InstanceAvailability;PatientName;Rows;0028-0011;BodyPartThickness", {
      BodyPartThickness: "12.5",
      Columns: "2",
      InstanceAvailability: "ONLINE",
      PatientName: "KNIX",
      Rows: "2",
    }],
    [`/instances/${I2}`, "RequestAttributesSequence;PatientComments;BodyPartThickness", {
      BodyPartThickness: null,
      PatientComments: null,
      RequestAttributesSequence: [{ ScheduledProcedureStepID: "STEP" }],
    }],
    [`/studies/${S1}`, "PixelData", { PixelData: null }],
    [`/patients/${P1}`, "ModalitiesInStudy", { ModalitiesInStudy: null }],
  ];

/** The paths to parents and children, and the identifiers of what they show. */
const NAVIGATION: readonly (readonly [path: string, ids: readonly string[]])[] = [
  [`/patients/${P1}/studies`, [S1, S2]],
  [`/patients/${P1}/series`, [E1, CT, IDS.laterSeries]],
  [`/patients/${P2}/instances`, [IDS.greek1]],
  [`/studies/${S1}/series`, [E1, CT]],
  [`/studies/${S1}/instances`, [I1, I2, CT1]],
  [`/series/${E1}/instances`, [I1, I2]],
  [`/studies/${S1}/patient`, [P1]],
  [`/series/${CT}/study`, [S1]],
  [`/series/${CT}/patient`, [P1]],
  [`/instances/${I2}/series`, [E1]],
  [`/instances/${I2}/study`, [S1]],
  [`/instances/${I2}/patient`, [P1]],
];

/** Requests that fail, with status and Orthanc's code; no code for an empty body. */
const FAILURES: readonly (readonly [path: string, status: number, code?: number])[] = [
  ["/studies/nope", 404],
  [`/studies/${P1}`, 404], // an identifier of another level
  ["/studies/nope/statistics", 404, 17],
  ["/studies/nope/series", 404, 17],
  ["/studies/nope/patient", 404, 17],
  ["/studies?since=0", 400, 8],
  ["/studies?limit=2", 400, 8],
  ["/studies?since=a&limit=1", 400, 5],
  ["/studies?since=0&limit=-1", 400, 5],
  ["/studies?since=0&limit=99999999999999999999", 400, 5],
  ["/studies?expand&requested-tags=Nope", 400, 8],
  [`/studies/${S1}?requested-tags=Nope`, 400, 8],
  [`/studies/${S1}?response-content=Nope`, 400, 8],
];

Deno.test("resources, lists and statistics are shown as Orthanc shows them", async (t) => {
  await using server = await startFilled();
  for (const [path, expected] of EXACT) {
    await t.step(path, async () => assert.deepEqual(await server.get(path), expected));
  }
  for (const [path, tags, expected] of REQUESTED) {
    await t.step(`${path} with ${tags}`, async () => {
      const asked = `?response-content=Parent&requested-tags=${tags}`;
      const { RequestedTags } = await server.get<{ RequestedTags: unknown }>(path + asked);
      assert.deepEqual(RequestedTags, expected);
    });
  }
  for (const [path, status, code] of FAILURES) {
    await t.step(`${path} fails with ${status}`, async () => {
      const response = await server.send("GET", path);
      const body = await response.text();
      assert.equal(response.status, status, body);
      assert.equal(body === "" ? undefined : JSON.parse(body).OrthancStatus, code, body);
    });
  }
});

Deno.test("the ways up and down end where Orthanc's do, at whole resources", async (t) => {
  await using server = await startFilled();
  for (const [path, ids] of NAVIGATION) {
    await t.step(path, async () => {
      const found = [await server.get<{ ID: string; Type: string }>(path)].flat();
      assert.deepEqual(found.map(({ ID }) => ID).sort(), [...ids].sort());
      const segment = `${found[0]!.Type.toLowerCase()}s`.replace(/ys$/, "ies").replace("ss", "s");
      for (const shown of found) {
        assert.deepEqual(shown, await server.get(`/${segment}/${shown.ID}`));
      }
    });
  }
});

Deno.test("?expand shows what single resources show, with requested tags", async () => {
  await using server = await startFilled();
  for (const segment of ["patients", "studies", "series", "instances"]) {
    const ids = await server.get<string[]>(`/${segment}`);
    const each = ids.map((id) => server.get(`/${segment}/${id}?short&requested-tags=PatientName`));
    const expanded = await server.get(`/${segment}?expand&short&requested-tags=PatientName`);
    assert.deepEqual(expanded, await Promise.all(each));
  }
});

Deno.test("?expand shows more resources than are read at a time, in pages or at once", async () => {
  await using server = await startApp();
  const uids = Array.from({ length: 450 }, (_, number) => `1.1.1.${number}`);
  for (const SOPInstanceUID of uids) await server.upload(instanceFile({ SOPInstanceUID }));
  const ids = await server.get<string[]>("/instances");
  const expanded = async (page: string) => {
    return (await server.get<{ ID: string }[]>(`/instances?expand${page}`)).map(({ ID }) => ID);
  };
  assert.equal(ids.length, 450);
  assert.deepEqual(await expanded(""), ids);
  assert.deepEqual(await expanded("&since=30&limit=410"), ids.slice(30, 440));
  assert.deepEqual(await expanded("&since=30&limit=0"), ids.slice(30));
});

Deno.test("StorageAccessOnFind Never leaves tags outside the index null", async () => {
  await using server = await startFilled({ StorageAccessOnFind: "Never" });
  const { RequestedTags } = await server.get<{ RequestedTags: unknown }>(
    `/instances/${I1}?requested-tags=Rows;PatientID`,
  );
  assert.deepEqual(RequestedTags, { PatientID: "P1", Rows: null });
});

Deno.test("ExtraMainDicomTags are shown, and found", async () => {
  const ExtraMainDicomTags = { Instance: ["BodyPartThickness", "0028-0010"] };
  await using server = await startFilled({ ExtraMainDicomTags });
  const { MainDicomTags } = await server.get<{ MainDicomTags: unknown }>(`/instances/${I1}`);
  assert.partialDeepStrictEqual(MainDicomTags, { BodyPartThickness: "12.5", Rows: "2" });
  const find = { Level: "Instance", Query: { BodyPartThickness: "12.*" } };
  assert.deepEqual(await server.post("/tools/find", find), [I1]);
});

function statistics(counts: Record<string, number>, files: readonly Uint8Array[]) {
  const [size, mb] = [sizeOf(files), 0];
  return {
    ...counts,
    DicomDiskSize: size,
    DicomDiskSizeMB: mb,
    DicomUncompressedSize: size,
    DicomUncompressedSizeMB: mb,
    DiskSize: size,
    DiskSizeMB: mb,
    UncompressedSize: size,
    UncompressedSizeMB: mb,
  };
}

function sizeOf(files: readonly Uint8Array[]): string {
  return String(files.reduce((sum, { length }) => sum + length, 0));
}

function allSeries(): string[] {
  const last = [IDS.laterSeries, IDS.greekSeries];
  return [E1, CT, ...last].sort();
}
