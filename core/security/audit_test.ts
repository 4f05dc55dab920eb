import assert from "node:assert/strict";
import { DicomError } from "../errors.ts";
import type { AuditStore } from "../ports/audit_store.ts";
import { createTestClock } from "../../tests/support/clock.ts";
import { openAudit } from "./audit.ts";
import { type AuditEvent, EMPTY_CHAIN, hashOfLine, verifyChain } from "./audit_chain.ts";

const EVENT: AuditEvent = {
  who: "alice",
  from: "192.0.2.1",
  action: "read",
  what: "GET /studies/:id",
  targets: ["9f5e8a9c-1f5d0ab1-8bbd4d2b-b4a0c3ef-5b1f2d3c"],
  outcome: "200",
  request: "r1",
};

/** A log in memory; `broken` makes it refuse what is added. */
function memoryStore(written: string[] = []) {
  const store = { broken: false, syncs: 0, appends: 0, written };
  const fail = () => Promise.reject(new DicomError("cannot-write", "Cannot write the audit log"));
  const port: AuditStore = {
    lastLine: () => Promise.resolve(written.at(-1)),
    append(lines) {
      if (store.broken) return fail();
      written.push(...lines);
      store.appends++;
      return Promise.resolve();
    },
    sync() {
      if (store.broken) return fail();
      store.syncs++;
      return Promise.resolve();
    },
    async *lines() {
      yield* [...written];
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
  return { store, port };
}

async function opened(written: string[] = []) {
  const clock = createTestClock();
  const log: string[] = [];
  const { store, port } = memoryStore(written);
  const audit = await openAudit({ store: port, clock, log: (_level, text) => log.push(text) });
  return { audit, clock, log, store, port };
}

const all = { since: 0, limit: 1000 };

Deno.test("openAudit() chains each line to the one before, over a restart", async () => {
  const { audit, store } = await opened();
  audit.record(EVENT);
  audit.record({ ...EVENT, action: "delete" });
  await audit[Symbol.asyncDispose]();
  const { audit: next, port } = await opened(store.written);
  next.record(EVENT);
  const { entries, head } = await next.page(all);
  assert.deepEqual(entries.map(({ seq, action }) => [seq, action]), [
    [1, "read"],
    [2, "delete"],
    [3, "read"],
  ]);
  assert.deepEqual(entries.map(({ prev }) => prev), [
    "",
    ...store.written.slice(0, 2).map(hashOfLine),
  ]);
  assert.deepEqual(await verifyChain(port.lines(1)), { kind: "intact", first: 1, head });
});

Deno.test("verifyChain() notices every line that was changed, left out, added or moved", async () => {
  const { audit, store } = await opened();
  for (let count = 0; count < 5; count++) audit.record({ ...EVENT, request: `r${count}` });
  const { head } = await audit.page(all);
  const lines = store.written;
  const attacks: Readonly<Record<string, readonly string[]>> = {
    changed: lines.with(2, lines[2]!.replace("alice", "mallory")),
    "left out": lines.toSpliced(2, 1),
    added: lines.toSpliced(2, 0, lines[2]!),
    moved: [lines[0]!, lines[2]!, lines[1]!, lines[3]!, lines[4]!],
    garbage: lines.with(2, "{}"),
    "cut off": lines.slice(0, 3),
    "last line changed": lines.with(4, lines[4]!.replace("alice", "mallory")),
  };
  for (const [what, altered] of Object.entries(attacks)) {
    const { port } = memoryStore([...altered]);
    assert.equal((await verifyChain(port.lines(1), [head])).kind, "broken", what);
  }
  const { port } = memoryStore([...attacks["cut off"]!]);
  assert.equal(
    (await verifyChain(port.lines(1))).kind,
    "intact",
    "without an anchor nobody can see it",
  );
});

Deno.test("verifyChain() takes a log whose oldest lines were dropped, and an empty one", async () => {
  const { audit, store } = await opened();
  for (let count = 0; count < 3; count++) audit.record(EVENT);
  const { head } = await audit.page(all);
  const rest = memoryStore(store.written.slice(1)).port;
  assert.deepEqual(await verifyChain(rest.lines(1)), { kind: "intact", first: 2, head });
  const empty = await verifyChain(memoryStore().port.lines(1));
  assert.deepEqual(empty, { kind: "intact", first: 0, head: EMPTY_CHAIN });
});

Deno.test("openAudit() writes what comes within 20 ms at once, in order", async () => {
  const { audit, clock, store, port } = await opened();
  for (let count = 0; count < 10; count++) {
    audit.record({ ...EVENT, request: `r${count}` });
    await clock.advance(1);
  }
  assert.equal(store.appends, 0);
  await clock.advance(10);
  assert.equal(store.appends, 1);
  const { entries, head } = await audit.page(all);
  assert.deepEqual(entries.map(({ request }) => request), [..."0123456789"].map((n) => `r${n}`));
  assert.deepEqual(await verifyChain(port.lines(1)), { kind: "intact", first: 1, head });
  audit.record(EVENT);
  await clock.advance(20);
  assert.equal(store.appends, 2, "and so on");
});

Deno.test("openAudit() writes what it has gathered before it is read, and at the end", async () => {
  const { audit, clock, store } = await opened();
  audit.record(EVENT);
  assert.equal((await audit.page(all)).entries.length, 1);
  audit.record(EVENT);
  await audit[Symbol.asyncDispose]();
  assert.equal(store.written.length, 2);
  assert.equal(store.syncs, 1);
  assert.equal(clock.pending, 0);
});

Deno.test("openAudit() flushes a second later, once for all", async () => {
  const { audit, clock, store } = await opened();
  for (let count = 0; count < 10; count++) audit.record(EVENT);
  await clock.advance(20);
  await clock.advance(999);
  assert.equal(store.written.length, 10);
  assert.equal(store.syncs, 0);
  await clock.advance(1);
  assert.equal(store.syncs, 1);
  await clock.advance(10_000);
  assert.equal(store.syncs, 1);
});

Deno.test("openAudit() keeps lines while they cannot be written, and counts those beyond", async () => {
  const { audit, clock, log, store, port } = await opened();
  store.broken = true;
  for (let count = 0; count < 10_007; count++) audit.record(EVENT);
  await clock.advance(60_000);
  assert.deepEqual(store.written, []);
  assert.ok(log.includes("cannot write the audit log yet"));
  assert.ok(log.length < 10, "one warning each ten seconds");
  store.broken = false;
  await clock.advance(10_000);
  assert.equal(store.written.length, 10_001);
  const { entries } = await audit.page({ since: 10_000, limit: 10 });
  assert.deepEqual(entries.map(({ action, what, outcome }) => [action, what, outcome]), [
    ["log", "lines lost", "7"],
  ]);
  assert.equal((await verifyChain(port.lines(1))).kind, "intact");
});

Deno.test("openAudit() tells the other log where it ends, at most once an hour", async () => {
  const { audit, clock, log } = await opened();
  for (let count = 0; count < 3; count++) {
    audit.record(EVENT);
    await clock.advance(1_200_000);
  }
  assert.equal(log.length, 1);
  audit.record(EVENT);
  await clock.advance(1_200_000);
  assert.equal(log.length, 2);
});

Deno.test("openAudit() spreads many targets over lines of a hundred", async () => {
  const { audit } = await opened();
  const targets = Array.from({ length: 250 }, (_, number) => `t${number}`);
  audit.record({ ...EVENT, targets });
  const { entries } = await audit.page(all);
  assert.deepEqual(entries.map((entry) => entry.targets.length), [100, 100, 50]);
  assert.deepEqual(entries.flatMap((entry) => entry.targets), targets);
});

Deno.test("page() gives what follows a number, and says whether there is more", async () => {
  const { audit } = await opened();
  for (let count = 0; count < 5; count++) audit.record(EVENT);
  const seqs = async (since: number, limit: number) => {
    const { entries, done } = await audit.page({ since, limit });
    return [entries.map(({ seq }) => seq), done];
  };
  assert.deepEqual(await seqs(0, 2), [[1, 2], false]);
  assert.deepEqual(await seqs(2, 3), [[3, 4, 5], true]);
  assert.deepEqual(await seqs(5, 1), [[], true]);
});
