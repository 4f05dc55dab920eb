import assert from "node:assert/strict";
import { IDS } from "../support/filled.ts";
import { startRemoteApp } from "../support/remote_app.ts";

interface ExportsPage {
  readonly Exports: readonly Record<string, unknown>[];
  readonly Done: boolean;
  readonly First?: number;
  readonly Last: number;
}

Deno.test("exports are logged when they are submitted, and stay when the resource goes", async () => {
  await using server = await startRemoteApp({}, { LogExportedResources: true });
  await server.post("/modalities/ct/store", [IDS.mr1, IDS.knee]);
  const failed = await server.send("POST", "/modalities/dead/store", IDS.p2);
  await failed.body?.cancel();
  await server.send("DELETE", `/patients/${IDS.p1}`);
  const page = await server.get<ExportsPage>("/exports");
  const shown = page.Exports.map(({ Date: date, ...rest }) => {
    assert.match(String(date), /^\d{8}T\d{6}$/);
    return rest;
  });
  assert.deepEqual(shown, [
    {
      ID: IDS.mr1,
      Path: `/instances/${IDS.mr1}`,
      PatientID: "P1",
      RemoteModality: "ct",
      ResourceType: "Instance",
      SOPInstanceUID: "1.1.1.1",
      Seq: 1,
      SeriesInstanceUID: "1.1.1",
      StudyInstanceUID: "1.1",
    },
    {
      ID: IDS.knee,
      Path: `/studies/${IDS.knee}`,
      PatientID: "P1",
      RemoteModality: "ct",
      ResourceType: "Study",
      Seq: 2,
      StudyInstanceUID: "1.1",
    },
    {
      ID: IDS.p2,
      Path: `/patients/${IDS.p2}`,
      PatientID: "P2",
      RemoteModality: "dead",
      ResourceType: "Patient",
      Seq: 3,
    },
  ]);
});

Deno.test("exports are read in pages and forgotten", async () => {
  await using server = await startRemoteApp({}, { LogExportedResources: true });
  await server.post("/modalities/ct/store", [IDS.mr1, IDS.mr2, IDS.ct1]);
  const page = async (query: string) => {
    const { Exports, Done, First, Last } = await server.get<ExportsPage>(`/exports${query}`);
    return [Exports.map(({ Seq }) => Seq), Done, First, Last];
  };
  assert.deepEqual(await page("?limit=2"), [[1, 2], false, 1, 2]);
  assert.deepEqual(await page("?since=2"), [[3], true, 3, 3]);
  assert.deepEqual(await page("?since=9"), [[], true, undefined, 9]);
  assert.deepEqual(await page("?last"), [[3], true, 3, 3]);
  assert.equal((await server.send("DELETE", "/exports")).status, 200);
  assert.deepEqual(await page(""), [[], true, undefined, 0]);
});

Deno.test("nothing is logged without LogExportedResources", async () => {
  await using server = await startRemoteApp();
  await server.post("/modalities/ct/store", IDS.mr1);
  assert.deepEqual((await server.get<ExportsPage>("/exports")).Exports, []);
});
