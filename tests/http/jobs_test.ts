import assert from "node:assert/strict";
import { IDS } from "../support/filled.ts";
import { startRemoteApp } from "../support/remote_app.ts";

interface Job {
  readonly ID: string;
  readonly State: string;
  readonly [key: string]: unknown;
}

/** A body that does not wait. */
const LATER = { Resources: [IDS.mr1], Asynchronous: true };

Deno.test("a job that runs, waits and ends is shown as Orthanc shows it", async () => {
  const gate = Promise.withResolvers<void>();
  await using server = await startRemoteApp({ gate: gate.promise }, { ConcurrentJobs: 1 });
  const body = { ...LATER, Priority: 3, UserData: { mine: 1 } };
  const { ID, Path } = await server.post<Job>("/modalities/ct/store", body);
  assert.equal(Path, `/jobs/${ID}`);
  const common = {
    Content: {
      Description: "REST API",
      FailedInstancesCount: 0,
      InstancesCount: 1,
      LocalAet: "ORTHANC",
      ParentResources: [IDS.mr1],
      RemoteAet: "CT",
      Resources: [{ ID: IDS.mr1, Type: "Instance" }],
    },
    CreationTime: "20260101T000000.000000",
    EffectiveRuntime: 1.5,
    ErrorCode: 0,
    ErrorDescription: "Success",
    ErrorDetails: "",
    ID,
    Priority: 3,
    Type: "DicomModalityStore",
    UserData: { mine: 1 },
  };
  await server.clock.advance(1500);
  assert.deepEqual(await server.get(`/jobs/${ID}`), {
    ...common,
    Progress: 0,
    State: "Running",
    Timestamp: "20260101T000001.500000",
  });
  const next = await server.post<Job>("/modalities/ct/store", LATER);
  assert.equal((await server.get<Job>(`/jobs/${next.ID}`)).State, "Pending");
  gate.resolve();
  await ended(server, ID);
  assert.deepEqual(await server.get(`/jobs/${ID}`), {
    ...common,
    CompletionTime: "20260101T000001.500000",
    Progress: 100,
    State: "Success",
    Timestamp: "20260101T000001.500000",
  });
  await ended(server, next.ID);
  assert.deepEqual(await server.get("/jobs"), [ID, next.ID].sort());
  assert.deepEqual(
    (await server.get<Job[]>("/jobs?expand")).map((job) => job.ID),
    [ID, next.ID].sort(),
  );
});

Deno.test("a failed job tells why, can be submitted again, and forgotten", async () => {
  await using server = await startRemoteApp();
  assert.equal((await server.send("POST", "/modalities/dead/store", IDS.mr1)).status, 500);
  const [job] = await server.get<Job[]>("/jobs?expand");
  assert.deepEqual(
    [job!.State, job!.ErrorCode, job!.ErrorDescription, job!.ErrorDetails],
    ["Failure", 9, "Error in the network protocol", 'connecting to AET "DEAD": Connection refused'],
  );
  assert.deepEqual(await server.post(`/jobs/${job!.ID}/resubmit`, ""), {});
  await ended(server, job!.ID);
  assert.equal(server.client.asked.length, 2);
  assert.equal((await server.send("DELETE", `/jobs/${job!.ID}`)).status, 200);
  const again = await server.send("DELETE", `/jobs/${job!.ID}`);
  assert.equal(again.status, 404);
  assert.equal((await again.json()).OrthancStatus, 7);
});

Deno.test("a job whose remote never answers can be canceled, and frees its place", async () => {
  const never = new Promise<void>(() => {});
  await using server = await startRemoteApp({ gate: never }, { ConcurrentJobs: 1 });
  const first = await server.post<Job>("/modalities/ct/store", LATER);
  const second = await server.post<Job>("/modalities/ct/store", LATER);
  assert.equal((await server.send("DELETE", `/jobs/${first.ID}`)).status, 404, "it runs");
  assert.deepEqual(await server.post(`/jobs/${first.ID}/cancel`, ""), {});
  await ended(server, first.ID);
  const { State, ErrorCode, ErrorDescription } = await server.get<Job>(`/jobs/${first.ID}`);
  assert.deepEqual([State, ErrorCode, ErrorDescription], ["Failure", 37, "Canceled job"]);
  assert.equal((await server.get<Job>(`/jobs/${second.ID}`)).State, "Running");
});

Deno.test("a waiting job can be paused and resumed", async () => {
  const gate = Promise.withResolvers<void>();
  await using server = await startRemoteApp({ gate: gate.promise }, { ConcurrentJobs: 1 });
  await server.post("/modalities/ct/store", LATER);
  const { ID } = await server.post<Job>("/modalities/ct/store", LATER);
  assert.deepEqual(await server.post(`/jobs/${ID}/pause`, ""), {});
  assert.equal((await server.get<Job>(`/jobs/${ID}`)).State, "Paused");
  assert.deepEqual(await server.post(`/jobs/${ID}/resume`, ""), {});
  assert.equal((await server.send("POST", `/jobs/${ID}/resume`)).status, 400);
  assert.equal((await server.get<Job>(`/jobs/${ID}`)).State, "Pending");
  gate.resolve();
  await ended(server, ID);
  assert.equal(
    (await server.send("POST", `/jobs/${ID}/resubmit`)).status,
    400,
    "it has not failed",
  );
});

Deno.test("jobs that nobody knows are not found", async () => {
  await using server = await startRemoteApp();
  assert.equal((await server.send("GET", "/jobs/nope")).status, 404);
  for (const action of ["cancel", "pause", "resume", "resubmit"]) {
    const response = await server.send("POST", `/jobs/nope/${action}`);
    assert.deepEqual([response.status, await response.text()], [400, ""]);
  }
});

Deno.test("JobsHistorySize ended jobs are kept", async () => {
  await using server = await startRemoteApp({}, { JobsHistorySize: 1 });
  for (let n = 0; n < 3; n++) await server.post("/modalities/ct/store", IDS.mr1);
  assert.equal((await server.get<string[]>("/jobs")).length, 1);
});

/** Waits until a job has ended; nothing it waits for takes time. */
async function ended(server: { get<T>(path: string): Promise<T> }, id: string): Promise<void> {
  for (let turns = 0; turns < 100; turns++) {
    const { State } = await server.get<Job>(`/jobs/${id}`);
    if (State === "Success" || State === "Failure") return;
    await new Promise((resolve) => setTimeout(resolve));
  }
  assert.fail("the job does not end");
}
