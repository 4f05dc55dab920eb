import assert from "node:assert/strict";
import { createAssociationLog } from "./associations.ts";

Deno.test("createAssociationLog() keeps the last associations, newest first", () => {
  const log = createAssociationLog({ now: () => 1000 }, 3);
  const notes = ["a", "b", "c", "d"].map((ip) => log.open(ip));
  assert.deepEqual(log.list(10).map(({ remoteIp }) => remoteIp), ["d", "c", "b"]);
  assert.deepEqual(log.list(2).map(({ id }) => id), [4, 3]);
  assert.deepEqual(log.list(0), []);
  notes[0]!.ended({ kind: "lost", by: "remote", reason: "gone" }); // its place was taken
  assert.deepEqual(log.list(10).map(({ end }) => end), [undefined, undefined, undefined]);
});

Deno.test("createAssociationLog() says what happened to an association", () => {
  let now = 1000;
  const log = createAssociationLog({ now: () => now }, 3);
  const notes = log.open("10.0.0.7");
  notes.called({ callingAet: "CT", calledAet: "ORTHANC" });
  notes.command("C-STORE");
  notes.command("C-STORE");
  const why = { reason: "no modality", remedy: "add it" };
  notes.refused("C-FIND", why);
  notes.refused("C-FIND", why);
  notes.refused("C-MOVE", why);
  now = 2000;
  notes.ended({ kind: "released", by: "remote", reason: "released" });
  assert.deepEqual(log.list(1), [{
    id: 1,
    callingAet: "CT",
    calledAet: "ORTHANC",
    remoteIp: "10.0.0.7",
    startedAt: 1000,
    endedAt: 2000,
    end: { kind: "released", by: "remote", reason: "released" },
    remedy: "",
    commands: { "C-STORE": 2 },
    refused: [{ command: "C-FIND", count: 2, ...why }, { command: "C-MOVE", count: 1, ...why }],
  }]);
});

Deno.test("createAssociationLog() bounds what a caller can fill it with", () => {
  const log = createAssociationLog({ now: () => 0 }, 1);
  const notes = log.open("10.0.0.7");
  for (let index = 0; index < 100; index++) {
    notes.refused(`0x${index}`, { reason: "no such service", remedy: "" });
  }
  assert.equal(log.list(1)[0]?.refused.length, 16);
});
