import assert from "node:assert/strict";
import { startApp } from "../support/app.ts";

Deno.test("/associations lists who called, newest first, with what would admit them", async () => {
  await using server = await startApp();
  const rejected = server.app.associations.open("10.0.0.7");
  rejected.called({ callingAet: "CT1", calledAet: "OTHER" });
  rejected.rejected("set DicomCheckCalledAet to false");
  rejected.ended({ kind: "rejected", by: "local", reason: "it calls another" });
  const open = server.app.associations.open("10.0.0.8");
  open.called({ callingAet: "CT2", calledAet: "ORTHANC" });
  open.command("C-ECHO");
  open.refused("C-STORE", { reason: "no modality", remedy: "add it" });
  const Start = "20260101T000000";
  const newest = {
    ID: 2,
    CallingAet: "CT2",
    CalledAet: "ORTHANC",
    RemoteIP: "10.0.0.8",
    Start,
    State: "Open",
    Commands: { "C-ECHO": 1 },
    Refused: [{ Command: "C-STORE", Count: 1, Reason: "no modality", Remedy: "add it" }],
  };
  assert.deepEqual(await server.get("/associations"), [newest, {
    ID: 1,
    CallingAet: "CT1",
    CalledAet: "OTHER",
    RemoteIP: "10.0.0.7",
    Start,
    End: Start,
    State: "Rejected",
    EndedBy: "Local",
    Reason: "it calls another",
    Remedy: "set DicomCheckCalledAet to false",
    Commands: {},
    Refused: [],
  }]);
  assert.deepEqual(await server.get("/associations?limit=1"), [newest]);
});

Deno.test("/associations refuses a limit that is none", async () => {
  await using server = await startApp();
  for (const limit of ["-1", "x", "1001", "1.5"]) {
    const response = await server.send("GET", `/associations?limit=${limit}`);
    assert.equal(response.status, 400, limit);
    await response.body?.cancel();
  }
});
