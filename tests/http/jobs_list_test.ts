import assert from "node:assert/strict";
import { IDS } from "../support/filled.ts";
import { startRemoteApp } from "../support/remote_app.ts";

Deno.test("/jobs lists those of a state or type, and in pages", async () => {
  await using server = await startRemoteApp();
  await server.post("/modalities/ct/store", IDS.mr1);
  await server.post("/modalities/ct/store", IDS.mr2);
  const get = { Level: "Study", Resources: [{ StudyInstanceUID: "1.1" }], TargetAet: "X" };
  await server.post("/modalities/ct/move", get);
  const all = await server.get<string[]>("/jobs");
  assert.equal(all.length, 3);
  const count = async (query: string) => (await server.get<string[]>(`/jobs?${query}`)).length;
  assert.equal(await count("type=DicomModalityStore"), 2);
  assert.equal(await count("type=DicomModalityStore;DicomMoveScu&state=Success"), 3);
  assert.equal(await count("state=Failure,Running"), 0);
  assert.deepEqual(await server.get("/jobs?since=1&limit=1"), all.slice(1, 2));
  assert.deepEqual(await server.get("/jobs?since=2"), all.slice(2));
});
