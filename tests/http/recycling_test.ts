import assert from "node:assert/strict";
import { countFiles, startApp, type TestApp } from "../support/app.ts";
import { createTestClock } from "../support/clock.ts";
import { instanceFile, orthancId } from "../support/instances.ts";
import { testDestinations } from "../support/relay.ts";
import { startServer } from "../support/server.ts";
import { waitFor } from "../support/wait.ts";

/** Makes a file of some 300 kB. */
const LARGE = { PixelData: new Uint8Array(300_000) };

function fileOf(patient: string, number = 1, more = {}) {
  return instanceFile({
    PatientID: patient,
    StudyInstanceUID: `1.${patient}`,
    SeriesInstanceUID: `1.${patient}.1`,
    SOPInstanceUID: `1.${patient}.1.${number}`,
    ...more,
  });
}

async function patients(server: TestApp): Promise<string[]> {
  const ids = await server.get<string[]>("/patients");
  return ["1", "2", "3", "4"].filter((patient) => ids.includes(orthancId(patient)));
}

/** Stores a file a second after the last one. */
async function store(server: TestApp, file: Uint8Array): Promise<number> {
  await server.clock.advance(1000);
  const response = await server.send("POST", "/instances", file);
  await response.body?.cancel();
  return response.status;
}

Deno.test("MaximumPatientCount removes the patient who received nothing for longest", async () => {
  await using server = await startApp({ config: { MaximumPatientCount: 2 } });
  await store(server, fileOf("1"));
  await store(server, fileOf("2"));
  await store(server, fileOf("1", 2));
  await store(server, fileOf("3"));
  assert.deepEqual(await patients(server), ["1", "3"]);
  assert.equal(await countFiles(server.folder), 3);
});

Deno.test("protected patients stay, and are young again when they lose protection", async () => {
  await using server = await startApp({ config: { MaximumPatientCount: 2 } });
  const path = `/patients/${orthancId("1")}/protected`;
  const protect = async (body: string) => {
    await server.clock.advance(1000);
    assert.equal((await server.send("PUT", path, body)).status, 200);
  };
  await store(server, fileOf("1"));
  await store(server, fileOf("2"));
  await protect("1");
  assert.equal(await (await server.send("GET", path)).text(), "1");
  await store(server, fileOf("3"));
  assert.deepEqual(await patients(server), ["1", "3"]);
  await protect("false");
  assert.equal(await (await server.send("GET", path)).text(), "0");
  await store(server, fileOf("4"));
  assert.deepEqual(await patients(server), ["1", "4"]);
});

Deno.test("what cannot make room is refused with 507, and leaves nothing", async () => {
  await using server = await startApp({ config: { MaximumPatientCount: 1 } });
  await store(server, fileOf("1"));
  await server.send("PUT", `/patients/${orthancId("1")}/protected`, "1");
  assert.equal(await store(server, fileOf("2")), 507);
  assert.deepEqual(await patients(server), ["1"]);
  assert.equal(await countFiles(server.folder), 1);
  assert.equal(await store(server, fileOf("1", 2)), 200, "its own patient is not new");
});

Deno.test("MaximumStorageSize holds, however many come at once", async () => {
  await using server = await startApp({ config: { MaximumStorageSize: 1 } });
  await Promise.all(
    ["1", "2", "3", "4"].flatMap((patient) =>
      [1, 2].map((number) => store(server, fileOf(patient, number, LARGE)))
    ),
  );
  const { TotalDiskSize } = await server.get<{ TotalDiskSize: string }>("/statistics");
  assert.ok(Number(TotalDiskSize) <= 1048576, TotalDiskSize);
  assert.ok(Number(TotalDiskSize) > 600_000, TotalDiskSize);
});

Deno.test("an attachment makes room, too, but not at the cost of its own patient", async () => {
  await using server = await startApp({ config: { MaximumStorageSize: 1 } });
  await store(server, fileOf("1", 1, LARGE));
  await store(server, fileOf("2", 1, LARGE));
  const attach = async (bytes: number) => {
    const path = `/patients/${orthancId("2")}/attachments/2000`;
    const response = await server.send("PUT", path, new Uint8Array(bytes));
    await response.body?.cancel();
    return response.status;
  };
  assert.equal(await attach(600_000), 200);
  assert.deepEqual(await patients(server), ["2"]);
  assert.equal(await attach(1_000_000), 507);
  assert.equal(await countFiles(server.folder), 2);
});

Deno.test("a file larger than the archive is refused", async () => {
  await using server = await startApp({ config: { MaximumStorageSize: 1 } });
  await store(server, fileOf("1"));
  const large = fileOf("2", 1, { PixelData: new Uint8Array(1_200_000) });
  assert.equal(await store(server, large), 507);
  assert.deepEqual(await patients(server), ["1"], "nobody had to go for it");
});

Deno.test("MaximumStorageMode Reject removes nobody, and takes again what is there", async () => {
  await using server = await startApp({
    config: { MaximumPatientCount: 1, MaximumStorageMode: "Reject" },
  });
  await store(server, fileOf("1"));
  assert.equal(await store(server, fileOf("2")), 507);
  assert.equal(await store(server, fileOf("1")), 200);
  assert.deepEqual(await patients(server), ["1"]);
});

Deno.test("protection is asked for and set as Orthanc has it", async () => {
  await using server = await startApp();
  await store(server, fileOf("1"));
  const path = `/patients/${orthancId("1")}/protected`;
  const number = async (method: string, at: string, body?: string) => {
    const response = await server.send(method, at, body);
    assert.equal(response.status, 400);
    return JSON.parse(await response.text()).OrthancStatus;
  };
  assert.equal(await number("PUT", path, "yes"), 15);
  assert.equal(await number("PUT", path, ""), 15);
  assert.equal(await number("GET", "/patients/nope/protected"), 3);
  assert.equal(await number("PUT", "/patients/nope/protected", "1"), 3);
  await server.send("PUT", path, "1");
  const { IsProtected } = await server.get<{ IsProtected: boolean }>(`/patients/${orthancId("1")}`);
  assert.equal(IsProtected, true);
});

Deno.test("MaximumStorageMode Reject answers C-STORE with 0xA700 (PS3.4 Table B.2-1)", async () => {
  const limits = { MaximumPatientCount: 1, MaximumStorageMode: "Reject" };
  await using full = await startServer({ ...limits, DicomAet: "FULL" });
  await using sender = await startServer({
    DicomModalities: { full: ["FULL", "127.0.0.1", full.dicomPort] },
  });
  const send = async (file: Uint8Array<ArrayBuffer>) => {
    const uploaded = await fetch(`${sender.url}/instances`, { method: "POST", body: file });
    const { ID } = await uploaded.json();
    const answer = await fetch(`${sender.url}/modalities/full/store`, { method: "POST", body: ID });
    return { status: answer.status, body: await answer.json() };
  };
  assert.equal((await send(fileOf("1"))).status, 200);
  const refused = await send(fileOf("2"));
  assert.equal(refused.status, 500);
  const payload = { Type: "Dimse", Content: { DimseErrorStatus: 0xa700 } };
  assert.deepEqual(refused.body.ErrorPayload, payload);
  assert.deepEqual(await full.get("/patients"), [orthancId("1")]);
});

Deno.test("a patient of whom the relay owes something is not recycled", async () => {
  const clock = createTestClock();
  const sinks = testDestinations(["pacs"], clock.now);
  const pacs = sinks.sink("pacs");
  pacs.isUp = false;
  const Relay = { Rules: [{ id: "all", do: [{ send: { to: "pacs" } }] }] };
  const config = { MaximumPatientCount: 1, Relay };
  await using server = await startApp({ clock, destinations: sinks, config });
  await store(server, fileOf("1"));
  assert.equal(await store(server, fileOf("2")), 507);
  assert.deepEqual(await patients(server), ["1"]);
  pacs.isUp = true;
  await waitFor(async () => {
    await clock.advance(60_000);
    return await store(server, fileOf("2")) === 200;
  }, "room");
  assert.deepEqual(await patients(server), ["2"]);
  assert.ok(pacs.accepted.some(({ uid }) => uid === "1.1.1.1"), "it was delivered before");
});
