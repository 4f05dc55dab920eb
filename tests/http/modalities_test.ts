import assert from "node:assert/strict";
import { startApp } from "../support/app.ts";
import { IDS } from "../support/filled.ts";
import { instanceFile } from "../support/instances.ts";
import { MODALITIES, startRemoteApp } from "../support/remote_app.ts";

const REMOTE = {
  calledAet: "CT",
  callingAet: "ORTHANC",
  host: "10.0.0.1",
  port: 104,
  tls: false,
  timeoutMs: 10_000,
};
const MR = "1.2.840.10008.5.1.4.1.1.4";

const CONFIGURATION = {
  AET: "CT",
  AllowEcho: true,
  AllowEventReport: true,
  AllowFind: true,
  AllowFindWorklist: true,
  AllowGet: true,
  AllowMove: true,
  AllowNAction: true,
  AllowStore: true,
  AllowTranscoding: true,
  Host: "10.0.0.1",
  LocalAet: "",
  Manufacturer: "Generic",
  Port: 104,
  RetrieveMethod: "SystemDefault",
  Timeout: 0,
  UseDicomTls: false,
};

/** Requests in order; a number as body is `OrthancStatus`. */
const STEPS: readonly (readonly [
  method: string,
  path: string,
  sent: unknown,
  status: number,
  body: unknown,
])[] = [
  ["GET", "/modalities", undefined, 200, ["ct", "dead"]],
  ["GET", "/modalities/nope", undefined, 404, ""],
  ["GET", "/modalities/nope/configuration", undefined, 404, 7],
  ["GET", "/modalities/ct/configuration", undefined, 200, CONFIGURATION],
  ["PUT", "/modalities/new", ["NEW", "host", 11112], 200, ""],
  ["PUT", "/modalities/ct", { ...CONFIGURATION, AllowStore: false }, 200, ""],
  ["GET", "/modalities/ct/configuration", undefined, 200, { ...CONFIGURATION, AllowStore: false }],
  ["PUT", "/modalities/bad", { AET: "A" }, 400, 15],
  ["PUT", "/modalities/bad", "no JSON", 400, 15],
  ["PUT", "/modalities/bad", { ...CONFIGURATION, Nope: 1 }, 400, 15],
  ["GET", "/modalities", undefined, 200, ["ct", "dead", "new"]],
  ["DELETE", "/modalities/new", undefined, 200, ""],
  ["DELETE", "/modalities/new", undefined, 404, 7],
  ["POST", "/modalities/nope/echo", "", 404, 7],
  ["POST", "/modalities/ct/echo", "", 200, {}],
  ["POST", "/modalities/ct/echo", { Timeout: "x" }, 400, 15],
  ["POST", "/modalities/dead/echo", "", 500, 9],
  ["POST", "/tools/dicom-echo", { AET: "X", Host: "h", Port: 104 }, 200, {}],
  ["POST", "/tools/dicom-echo", { AET: "X", Host: "h" }, 400, 15],
  ["POST", "/tools/dicom-echo", "", 400, 15],
  ["POST", "/modalities/nope/store", IDS.mr1, 404, 7],
  ["POST", "/modalities/ct/store", "nope", 400, 15],
  ["POST", "/modalities/ct/store", "", 400, 15],
  ["POST", "/modalities/ct/store", {}, 400, 15],
  ["POST", "/modalities/ct/store", ["nope"], 404, 17],
  ["POST", "/modalities/ct/store-straight", "nope", 400, 15],
  ["POST", "/modalities/dead/store", IDS.mr1, 500, 9],
  ["POST", "/modalities/ct/move", { Level: "Study" }, 400, 15],
  ["POST", "/modalities/ct/move", { Level: "x", Resources: [] }, 400, 3],
  ["POST", "/modalities/ct/move", { Level: "Study", Resources: ["x"] }, 400, 15],
  ["POST", "/modalities/ct/move", { Level: "Study", Resources: [{ Nope: "" }] }, 500, 27],
  ["POST", "/modalities/ct/find-study", { PatientID: "*" }, 400, ""],
  ["POST", "/modalities/ct/find-series", { PatientID: "P123" }, 400, ""],
  ["POST", "/modalities/ct/find-worklist", [], 400, 15],
  ["POST", "/modalities/ct/find-worklist", { Nope: "" }, 500, 27],
];

Deno.test("/modalities answers as Orthanc", async (t) => {
  await using server = await startRemoteApp();
  for (const [method, path, sent, status, expected] of STEPS) {
    await t.step(`${method} ${path} ${JSON.stringify(sent) ?? ""}`, async () => {
      const response = await server.send(method, path, sent);
      const body = await response.text();
      assert.equal(response.status, status, body);
      if (expected === "") assert.equal(body, "");
      else if (typeof expected === "number") assert.equal(JSON.parse(body).OrthancStatus, expected);
      else assert.deepEqual(JSON.parse(body), expected);
    });
  }
});

Deno.test("GET /modalities?expand shows how all are configured", async () => {
  await using server = await startRemoteApp();
  const all = await server.get<Record<string, unknown>>("/modalities?expand");
  assert.deepEqual(Object.keys(all), Object.keys(MODALITIES));
  assert.deepEqual(all.ct, CONFIGURATION);
});

Deno.test("what PUT /modalities adds lasts over a restart with DicomModalitiesInDatabase", async () => {
  const folder = await Deno.makeTempDir();
  const start = () => startApp({ folder, config: { DicomModalitiesInDatabase: true } });
  {
    await using server = await start();
    assert.deepEqual(await server.get("/modalities"), []);
    await server.send("PUT", "/modalities/ct", MODALITIES.ct);
  }
  {
    await using server = await start();
    assert.deepEqual(await server.get("/modalities/ct/configuration"), CONFIGURATION);
  }
  await Deno.remove(folder, { recursive: true });
});

Deno.test("echo takes its time limit and whether to check C-FIND from the request, or else the configuration", async () => {
  await using server = await startRemoteApp({}, { DicomEchoChecksFind: true, DicomScuTimeout: 7 });
  await server.post("/modalities/ct/echo", { CheckFind: false, Timeout: 3 });
  await server.post("/modalities/ct/echo", {});
  const [first, second] = server.client.asked;
  assert.deepEqual([first?.alsoFind, first?.remote.timeoutMs], [false, 3000]);
  assert.deepEqual([second?.alsoFind, second?.remote.timeoutMs], [true, 7000]);
});

for (
  const [form, body] of Object.entries({
    "a bare identifier": IDS.mr,
    "a JSON string": JSON.stringify(IDS.mr),
    "a JSON array": [IDS.mr],
    "an object": { Resources: [IDS.mr] },
  })
) {
  Deno.test(`store takes ${form}, and sends all over one association`, async () => {
    await using server = await startRemoteApp();
    assert.deepEqual(await server.post("/modalities/ct/store", body), {
      Description: "REST API",
      FailedInstancesCount: 0,
      InstancesCount: 2,
      LocalAet: "ORTHANC",
      ParentResources: [IDS.mr],
      RemoteAet: "CT",
      Resources: [{ ID: IDS.mr, Type: "Series" }],
    });
    const { asked } = server.client;
    assert.deepEqual(asked.map(({ service }) => service), ["open", "store", "store"]);
    assert.deepEqual(asked[0]?.remote, REMOTE);
    const uids = asked.slice(1).map(({ sopInstanceUid }) => sopInstanceUid);
    assert.deepEqual(uids.sort(), ["1.1.1.1", "1.1.1.2"]);
  });
}

Deno.test("store of nothing is a success without association", async () => {
  await using server = await startRemoteApp();
  const answer = await server.post<Record<string, unknown>>("/modalities/ct/store", []);
  assert.equal(answer.InstancesCount, 0);
  assert.ok(!("ParentResources" in answer));
  assert.deepEqual(server.client.asked, []);
});

Deno.test("store can be told otherwise than the configuration", async () => {
  await using server = await startRemoteApp();
  await server.post("/modalities/ct/store", {
    Resources: [IDS.mr1],
    LocalAet: "ME",
    CalledAet: "YOU",
    Host: "there",
    Port: 4,
    Timeout: 5,
    MoveOriginatorAet: "ASKER",
    MoveOriginatorID: 9,
  });
  const [opened] = server.client.asked;
  assert.deepEqual(opened?.remote, {
    callingAet: "ME",
    calledAet: "YOU",
    host: "there",
    port: 4,
    tls: false,
    timeoutMs: 5000,
  });
  assert.deepEqual(opened?.moveOriginator, { aet: "ASKER", messageId: 9 });
});

Deno.test("store fails with the first instance, or counts failures if it may", async () => {
  await using strict = await startRemoteApp({ statuses: [0xa700] });
  const refused = await strict.send("POST", "/modalities/ct/store", IDS.mr);
  assert.equal(refused.status, 500);
  const { OrthancStatus, ErrorPayload } = await refused.json();
  assert.equal(OrthancStatus, 9);
  assert.deepEqual(ErrorPayload, { Type: "Dimse", Content: { DimseErrorStatus: 0xa700 } });
  assert.equal(strict.client.asked.length, 2);

  await using permissive = await startRemoteApp({ statuses: [0xa700] });
  const body = { Resources: [IDS.mr], Permissive: true };
  const answer = await permissive.post<Record<string, unknown>>("/modalities/ct/store", body);
  assert.deepEqual([answer.FailedInstancesCount, answer.InstancesCount], [1, 2]);
});

Deno.test("store asks for storage commitment of what it sent", async () => {
  await using server = await startRemoteApp();
  const body = { Resources: [IDS.mr1], StorageCommitment: true };
  const answer = await server.post<Record<string, string>>("/modalities/ct/store", body);
  const uid = answer.StorageCommitmentTransactionUID;
  assert.match(uid!, /^2\.25\.\d+$/);
  const references = [{ sopClassUid: MR, sopInstanceUid: "1.1.1.1" }];
  assert.deepEqual(server.client.asked.at(-1), { service: "commit", remote: REMOTE, references });
  assert.equal(
    (await server.get<{ Status: string }>(`/storage-commitment/${uid}`)).Status,
    "Pending",
  );
});

Deno.test("store-straight sends a file and stores nothing", async () => {
  await using server = await startRemoteApp();
  const before = await server.get("/statistics");
  const file = instanceFile({ PatientID: "P9", SOPInstanceUID: "9.9" });
  const answer = await server.post("/modalities/ct/store-straight", file);
  assert.deepEqual(answer, { SOPClassUID: MR, SOPInstanceUID: "9.9" });
  assert.equal(server.client.asked.at(-1)?.size, file.length);
  assert.deepEqual(await server.get("/statistics"), before);
});

Deno.test("move and get retrieve what is named by its identifiers", async () => {
  await using server = await startRemoteApp({ received: ["some"] });
  const query = { "0008,0052": "SERIES", "0020,000d": "1.2", "0020,000e": "1.2.3" };
  const resource = { StudyInstanceUID: "1.2", "0020000e": "1.2.3", PatientName: "X" };
  const common = { Description: "REST API", LocalAet: "ORTHANC", Query: [query], RemoteAet: "CT" };
  const detail = { DimseErrorStatus: 0, Query: query, ReceivedInstancesIds: ["some"] };
  assert.deepEqual(
    await server.post("/modalities/ct/move", { Level: "Series", Resources: [resource] }),
    { ...common, Details: [detail], TargetAet: "ORTHANC" },
  );
  assert.deepEqual(
    await server.post("/modalities/ct/get", { Level: "series", Resources: [resource] }),
    { ...common, Details: [detail] },
  );
  const identifier = {
    QueryRetrieveLevel: "SERIES",
    StudyInstanceUID: "1.2",
    SeriesInstanceUID: "1.2.3",
  };
  assert.deepEqual(server.client.asked, [
    { service: "move", remote: REMOTE, identifier, destinationAet: "ORTHANC" },
    { service: "get", remote: REMOTE, identifier },
  ]);
});

Deno.test("a retrieval goes on after a failure if it may, and tells of each", async () => {
  const Resources = [{ StudyInstanceUID: "1" }, { StudyInstanceUID: "2" }];
  const statusesOf = (details: { DimseErrorStatus: number }[]) =>
    details.map(({ DimseErrorStatus }) => DimseErrorStatus);
  await using permissive = await startRemoteApp({ statuses: [0xc000] });
  const body = { Level: "Study", Resources, Permissive: true };
  const { Details } = await permissive.post<{ Details: { DimseErrorStatus: number }[] }>(
    "/modalities/ct/move",
    body,
  );
  assert.deepEqual(statusesOf(Details), [0xc000, 0]);

  await using strict = await startRemoteApp({ statuses: [0xc000] });
  const refused = await strict.send("POST", "/modalities/ct/move", { Level: "Study", Resources });
  assert.equal(refused.status, 500);
  const { ErrorPayload } = await refused.json();
  assert.equal(ErrorPayload.Type, "RetrieveJob");
  assert.deepEqual(statusesOf(ErrorPayload.Content), [0xc000]);
});

Deno.test("find-worklist asks with sequences, also without Query around them", async () => {
  await using server = await startRemoteApp({ answers: [{ PatientName: "Wörk^List" }] });
  const query = { PatientID: "", ScheduledProcedureStepSequence: [{ Modality: "MR" }] };
  assert.deepEqual(await server.post("/modalities/ct/find-worklist", query), [
    { PatientName: "Wörk^List" },
  ]);
  assert.deepEqual(
    await server.post("/modalities/ct/find-worklist", { Query: query, Short: true }),
    [{ "0010,0010": "Wörk^List" }],
  );
  const [first, second] = server.client.asked;
  assert.deepEqual(first, second);
  assert.equal(first?.model, "worklist");
  assert.deepEqual(first?.identifier, {
    PatientID: "",
    ScheduledProcedureStepSequence: [[{ tag: 0x00080060, vr: "CS", value: "MR" }]],
  });
});

Deno.test("find goes down from patients to series", async () => {
  const answer = { PatientID: "P1", StudyInstanceUID: "1.1", SeriesInstanceUID: "1.1.1" };
  await using server = await startRemoteApp({ answers: [answer] });
  const series = answer;
  const study = { ...answer, Series: [series] };
  assert.deepEqual(await server.post("/modalities/ct/find", { PatientID: "*" }), [
    { ...answer, Studies: [study] },
  ]);
  const [patients, studies, third] = server.client.asked.map(({ identifier }) => identifier);
  assert.equal((patients as Record<string, string>).PatientID, "*");
  assert.equal((studies as Record<string, string>).PatientID, "P1");
  assert.equal((third as Record<string, string>).StudyInstanceUID, "1.1");
});

Deno.test("find-patient asks for all that describes patients", async () => {
  await using server = await startRemoteApp();
  assert.deepEqual(await server.post("/modalities/ct/find-patient", { PatientID: "*" }), []);
  const [{ model, identifier } = assert.fail()] = server.client.asked;
  assert.equal(model, "patient-root");
  assert.deepEqual(identifier, {
    QueryRetrieveLevel: "PATIENT",
    PatientID: "*",
    PatientName: "",
    PatientBirthDate: "",
    PatientSex: "",
    OtherPatientIDs: "",
  });
});
