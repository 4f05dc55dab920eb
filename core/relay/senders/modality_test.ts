import assert from "node:assert/strict";
import { createTestClock, type TestClock } from "../../../tests/support/clock.ts";
import { createFakeClient, type FakeClientOptions } from "../../../tests/support/dicom_client.ts";
import { dutyInstance } from "../../../tests/support/duty_instance.ts";
import { DicomError } from "../../errors.ts";
import { createModalitySender } from "./modality.ts";
import type { TransactionReport } from "./modality/commitment.ts";

const NEVER = new AbortController().signal;
const DAY_MS = 24 * 3600 * 1000;

const REMOTE = {
  calledAet: "PACS",
  callingAet: "OUTPOST",
  host: "10.0.0.1",
  port: 104,
  tls: false,
  timeoutMs: 0,
};

function make(options: FakeClientOptions = {}, calledAet = "PACS") {
  const client = createFakeClient(options);
  const clock: TestClock = createTestClock();
  const reports = new Map<string, TransactionReport>();
  const sender = createModalitySender({
    client,
    clock,
    commitment: {
      expect: (uid) => void reports.set(uid, { status: "Pending", stored: [], failed: [] }),
      forget: (uid) => void reports.delete(uid),
      report: (uid) => reports.get(uid),
    },
    target: () => ({ remote: { ...REMOTE, calledAet }, allowTranscoding: true }),
  });
  const services = () => client.asked.map(({ service }) => service);
  return { client, clock, reports, sender, services };
}

Deno.test("deliver() sends over one association, and over another after 500", async () => {
  const { sender, services } = make();
  for (let n = 0; n < 501; n++) {
    const outcome = await sender.deliver(dutyInstance(), NEVER);
    assert.deepEqual(outcome, { kind: "accepted", status: "0x0000" });
  }
  assert.equal(services().filter((service) => service === "open").length, 2);
});

Deno.test("deliver() calls as the instance came where it is to", async () => {
  const { sender, client } = make();
  await sender.deliver(dutyInstance({ callingAet: "CT1" }), NEVER);
  await sender.deliver(dutyInstance(), NEVER);
  const callers = client.asked.map(({ service, remote }) => `${service} ${remote.callingAet}`);
  assert.deepEqual(callers, ["open CT1", "store CT1", "open OUTPOST", "store OUTPOST"]);
});

Deno.test("deliver() goes on over the association after a refusal", async () => {
  const { sender, services } = make({ statuses: [0xa700, 0xc000] });
  const kinds = [];
  for (let n = 0; n < 3; n++) kinds.push((await sender.deliver(dutyInstance(), NEVER)).kind);
  assert.deepEqual(kinds, ["transient", "permanent", "accepted"]);
  assert.deepEqual(services(), ["open", "store", "store", "store"]);
});

Deno.test("deliver() tells that a modality cannot be reached", async () => {
  const { sender } = make({}, "DEAD");
  const outcome = await sender.deliver(dutyInstance(), NEVER);
  assert.equal(outcome.kind === "transient" && outcome.connectionFault, true);
});

Deno.test("deliver() throws what is wrong with our own file", async () => {
  const { sender } = make();
  const open = () => Promise.reject(new DicomError("missing-file", "gone"));
  await assert.rejects(sender.deliver(dutyInstance({ open }), NEVER), { code: "missing-file" });
});

Deno.test("commitment is asked for once for each study, and proven by the report", async () => {
  const { sender, client, reports } = make();
  const a = dutyInstance({ instance: "1.1.1.1" });
  const b = dutyInstance({ instance: "1.1.1.2" });
  const c = dutyInstance({ study: "1.2", series: "1.2.1", instance: "1.2.1.1" });
  const asked = await sender.prove([a, c, b], "commit", NEVER);
  assert.deepEqual(asked.map(({ kind }) => kind), ["pending", "pending", "pending"]);
  assert.equal(client.asked.length, 2);

  const again = [a, c, b].map((instance, n) => {
    const proof = asked[n]!;
    const token = proof.kind === "pending" ? proof.token : undefined;
    return { ...instance, ...(token !== undefined && { proofToken: token }) };
  });
  const [first] = reports.keys();
  reports.set(first!, {
    status: "Failure",
    stored: [{ sopClassUid: a.sopClassUid, sopInstanceUid: a.sopInstanceUid }],
    failed: [{ sopClassUid: b.sopClassUid, sopInstanceUid: b.sopInstanceUid, reason: 0x0112 }],
  });
  const proofs = await sender.prove(again, "commit", NEVER);
  assert.deepEqual(proofs.map(({ kind }) => kind), ["proven", "pending", "missing"]);
  assert.equal(client.asked.length, 2, "nothing is asked again");
});

Deno.test("a modality that does not report is asked again after a day, or after our restart", async () => {
  const { sender, client, clock, reports } = make();
  const instance = dutyInstance();
  const [proof] = await sender.prove([instance], "commit", NEVER);
  const known = { ...instance, proofToken: proof?.kind === "pending" ? proof.token! : "" };
  await clock.advance(DAY_MS - 1);
  await sender.prove([known], "commit", NEVER);
  assert.equal(client.asked.length, 1);
  await clock.advance(1);
  await sender.prove([known], "commit", NEVER);
  assert.equal(client.asked.length, 2);
  reports.clear();
  await sender.prove([known], "commit", NEVER);
  assert.equal(client.asked.length, 3);
});

Deno.test("verify asks once for each series and looks for each instance", async () => {
  const { sender, client } = make({ answers: [{ SOPInstanceUID: "1.1.1.1" }] });
  const instances = ["1.1.1.1", "1.1.1.2"].map((instance) => dutyInstance({ instance }));
  const proofs = await sender.prove(instances, "verify", NEVER);
  assert.deepEqual(proofs.map(({ kind }) => kind), ["proven", "missing"]);
  assert.deepEqual(client.asked.map(({ identifier }) => identifier), [{
    QueryRetrieveLevel: "IMAGE",
    SOPInstanceUID: "",
    SeriesInstanceUID: "1.1.1",
    StudyInstanceUID: "1.1",
  }]);
});

Deno.test("prove() of a modality that cannot be reached waits", async () => {
  const { sender } = make({}, "DEAD");
  for (const level of ["commit", "verify"] as const) {
    const [proof] = await sender.prove([dutyInstance()], level, NEVER);
    assert.equal(proof?.kind, "pending");
  }
});

Deno.test("probe() is a C-ECHO", async () => {
  const { sender, services } = make();
  await sender.probe(NEVER);
  assert.deepEqual(services(), ["echo"]);
  await assert.rejects(make({}, "DEAD").sender.probe(NEVER), { code: "network" });
});
