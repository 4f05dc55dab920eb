import assert from "node:assert/strict";
import { createAssociationLog } from "../associations.ts";
import type { Delivery, Destinations, DutyInstance, Sender } from "../ports/destinations.ts";
import { createTestClock } from "../../tests/support/clock.ts";
import { type Audit, NO_AUDIT } from "./audit.ts";
import type { AuditEvent } from "./audit_chain.ts";
import { auditedAssociations } from "./audited_associations.ts";
import { auditedDestinations } from "./audited_destinations.ts";

function listening(): { readonly audit: Audit; readonly heard: AuditEvent[] } {
  const heard: AuditEvent[] = [];
  return {
    heard,
    audit: { ...NO_AUDIT, enabled: true, record: (event) => void heard.push(event) },
  };
}

const INSTANCE = { ids: { Instance: "i" } } as DutyInstance; // nothing else is looked at

function destinationsThat(answer: Delivery): Destinations {
  const sender: Sender = {
    deliver: () => Promise.resolve(answer),
    prove: () => Promise.resolve([{ kind: "proven" }]),
    probe: () => Promise.resolve(),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
  return { has: () => true, aetOf: () => undefined, open: () => sender };
}

Deno.test("auditedDestinations() writes down what was accepted, and nothing else", async () => {
  const { audit, heard } = listening();
  const refused: Delivery = { kind: "permanent", status: "0xa900", reason: "no" };
  const accepted: Delivery = { kind: "accepted", status: "0x0000" };
  for (const answer of [refused, accepted]) {
    const sender = auditedDestinations(destinationsThat(answer), audit)
      .open({ kind: "Peer", name: "cloud" });
    assert.deepEqual(await sender.deliver(INSTANCE, AbortSignal.abort()), answer);
    assert.deepEqual(await sender.prove([], "verify", AbortSignal.abort()), [{ kind: "proven" }]);
  }
  assert.deepEqual(
    heard.map(({ who, action, what, targets, outcome }) => [who, action, what, targets, outcome]),
    [["relay", "send", "Peer cloud", ["i"], "0x0000"]],
  );
});

Deno.test("auditedAssociations() writes down once for each association what was stored and searched", () => {
  const { audit, heard } = listening();
  const log = auditedAssociations(createAssociationLog(createTestClock(), 10), audit);
  const notes = log.open("192.0.2.1");
  notes.called({ callingAet: "CT1", calledAet: "BOX" });
  for (const name of ["C-ECHO", "C-STORE", "C-STORE", "C-FIND", "C-MOVE"]) notes.command(name);
  assert.deepEqual(heard, []);
  notes.ended({ kind: "released", by: "remote", reason: "" });
  assert.deepEqual(
    heard.map(({ who, from, action, what, outcome }) => [who, from, action, what, outcome]),
    [
      ["aet:CT1", "192.0.2.1", "store", "C-STORE", "2"],
      ["aet:CT1", "192.0.2.1", "search", "C-FIND", "1"],
    ],
  );
  assert.deepEqual(log.list(1)[0]!.commands, {
    "C-ECHO": 1,
    "C-STORE": 2,
    "C-FIND": 1,
    "C-MOVE": 1,
  });
});

Deno.test("without an audit log associations and destinations are as they were", () => {
  const associations = createAssociationLog(createTestClock(), 10);
  const destinations = destinationsThat({ kind: "accepted", status: "" });
  assert.equal(auditedAssociations(associations, NO_AUDIT), associations);
  assert.equal(auditedDestinations(destinations, NO_AUDIT), destinations);
});
