import assert from "node:assert/strict";
import { startApp, type TestApp } from "../../tests/support/app.ts";
import { createTestClock } from "../../tests/support/clock.ts";
import { dicomFile } from "../../tests/support/dicom.ts";
import { quiet } from "../../tests/support/quiet.ts";
import { sha256, type TestDestinations, testDestinations } from "../../tests/support/relay.ts";
import { waitFor } from "../../tests/support/wait.ts";

const MINUTE = 60_000;
const send = (to: string, more: Record<string, unknown> = {}) => ({ send: { to, ...more } });

/** A server with rules, and destinations of the test's own. */
async function startRelay(
  rules: readonly Record<string, unknown>[],
  more: {
    readonly folder?: string;
    readonly names?: readonly string[];
    readonly clock?: ReturnType<typeof createTestClock>;
    readonly relay?: Record<string, unknown>;
    readonly config?: Record<string, unknown>;
    readonly sinks?: TestDestinations;
  } = {},
): Promise<{ server: TestApp; sinks: TestDestinations } & AsyncDisposable> {
  const clock = more.clock ?? createTestClock();
  const sinks = more.sinks ?? testDestinations(more.names ?? ["a", "b"], clock.now);
  const server = await startApp({
    clock,
    destinations: sinks,
    config: { ...more.config, Relay: { Rules: rules, ...more.relay } },
    ...(more.folder !== undefined && { folder: more.folder }),
  });
  return { server, sinks, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

/** Stores instances `from` to `to`, and gives the digest of each by SOP Instance UID. */
async function store(
  server: TestApp,
  from: number,
  to: number,
  parts: Record<string, unknown> = {},
) {
  const sent = new Map<string, string>();
  for (let n = from; n <= to; n++) {
    const bytes = dicomFile({ sopInstanceUid: `1.2.${n}`, ...parts });
    sent.set(`1.2.${n}`, sha256(bytes));
    assert.equal((await server.upload(bytes)).Status, "Success");
  }
  return sent;
}

/** Lets `ms` pass, in steps after each of which all that follows from it is done. */
async function settle(server: TestApp, ms = 0, step = 5000): Promise<void> {
  await quiet(server);
  for (let left = ms; left > 0; left -= step) {
    await server.clock.advance(Math.min(left, step));
    await quiet(server);
  }
}

/** Reasons of duties that failed. */
const failed = async (server: TestApp) =>
  (await server.app.relay.duties.duties({ limit: 100 })).map(({ reason }) => reason).filter(
    Boolean,
  );

const states = async (server: TestApp) =>
  Object.fromEntries(
    (await server.app.relay.duties.dutyCounts()).map(({ destination, state, count }) => [
      `${destination} ${state}`,
      count,
    ]),
  );

Deno.test("what matches a rule reaches each destination once, byte by byte", async () => {
  await using relay = await startRelay([
    { id: "all", match: { "source.protocol": "http" }, do: [send("a"), send("b")] },
    { id: "none", match: { Modality: "XX" }, do: [send("b")] },
  ]);
  const { server, sinks } = relay;
  const sent = await store(server, 1, 20);
  await settle(server);
  for (const name of ["a", "b"]) {
    const { accepted } = sinks.sink(name);
    assert.equal(accepted.length, 20);
    assert.deepEqual(new Map(accepted.map(({ uid, sha256 }) => [uid, sha256])), sent);
  }
  assert.deepEqual(await states(server), { "a confirmed": 20, "b confirmed": 20 });
});

Deno.test("without rules nothing is queued", async () => {
  await using relay = await startRelay([]);
  await store(relay.server, 1, 1);
  await settle(relay.server);
  assert.deepEqual(await states(relay.server), {});
});

Deno.test("a destination that is down is left alone, holds up no other, and gets all when it is back", async () => {
  await using relay = await startRelay([{ id: "all", do: [send("a"), send("b")] }]);
  const { server, sinks } = relay;
  sinks.sink("a").isUp = false;
  const sent = await store(server, 1, 30);
  await settle(server);
  assert.equal(sinks.sink("b").accepted.length, 30);
  for (let n = 0; n < 20; n++) await settle(server, MINUTE / 2);
  const { tried, probes } = sinks.sink("a");
  assert.ok(tried.length < 10, `${tried.length} tries`);
  assert.ok(probes >= 15 && probes <= 20, `${probes} probes`);
  assert.equal((await states(server))["a dead"], undefined);

  sinks.sink("a").isUp = true;
  await settle(server, 35_000);
  await settle(server, 1000);
  const { accepted } = sinks.sink("a");
  assert.equal(accepted.length, 30);
  assert.deepEqual(new Set(accepted.map(({ uid }) => uid)), new Set(sent.keys()));
});

Deno.test("a receiver without room is tried a dozen times in five minutes, and then gets all", async () => {
  await using relay = await startRelay([{ id: "all", do: [send("a")] }]);
  const { server, sinks } = relay;
  const noRoom = {
    kind: "transient",
    status: "0xa700",
    reason: "no room",
    connectionFault: false,
  } as const;
  sinks.sink("a").script = () => noRoom;
  await store(server, 1, 30);
  await settle(server);
  const before = sinks.sink("a").tried.length;
  for (let n = 0; n < 10; n++) await settle(server, MINUTE / 2);
  assert.ok(sinks.sink("a").tried.length - before <= 12, `${sinks.sink("a").tried.length}`);
  sinks.sink("a").script = (_, nth) =>
    nth % 10 === 0 ? noRoom : { kind: "accepted", status: "0x0000" };
  for (let n = 0; n < 20; n++) await settle(server, MINUTE);
  assert.equal(sinks.sink("a").accepted.length, 30);
  assert.deepEqual(await states(server), { "a confirmed": 30 });
});

Deno.test("what is refused for good is dead after three tries, with the reason, and can be tried again", async () => {
  await using relay = await startRelay([{ id: "all", do: [send("a")] }]);
  const { server, sinks } = relay;
  const { duties, engine } = server.app.relay;
  const refuse = { kind: "permanent", status: "0xc000", reason: "cannot understand" } as const;
  sinks.sink("a").script = ({ sopInstanceUid }) =>
    sopInstanceUid === "1.2.7" ? refuse : { kind: "accepted", status: "0x0000" };
  await store(server, 1, 20);
  for (let n = 0; n < 5; n++) await settle(server, MINUTE);
  assert.deepEqual(await states(server), { "a confirmed": 19, "a dead": 1 });
  const [dead] = await duties.duties({ state: "dead", limit: 10 });
  assert.equal(dead?.reason, "cannot understand");
  const { attempts } = (await duties.duty(dead!.id))!;
  assert.deepEqual(attempts.map(({ status, outcome }) => `${outcome} ${status}`), [
    "permanent 0xc000",
    "permanent 0xc000",
    "permanent 0xc000",
  ]);
  sinks.sink("a").script = () => ({ kind: "accepted", status: "0x0000" });
  engine.wake(await duties.actOnDuties({ id: dead!.id }, { kind: "retry" }, server.clock.now()));
  await settle(server);
  assert.deepEqual(await states(server), { "a confirmed": 20 });
});

Deno.test("a black hole costs its own time limit and nothing of others", async () => {
  await using relay = await startRelay([{ id: "all", do: [send("a"), send("b")] }]);
  const { server, sinks } = relay;
  sinks.sink("a").script = () => "hang";
  await store(server, 1, 10);
  await settle(server);
  assert.equal(sinks.sink("b").accepted.length, 10);
  assert.equal(sinks.sink("a").busiest, 2);
  await settle(server, 29_000);
  assert.deepEqual(await failed(server), []);
  await settle(server, 2000);
  const reason = "no end within 30 s";
  assert.deepEqual((await failed(server)).slice(-2), [reason, reason]);
});

Deno.test("the same study sent again is not relayed again; an altered instance is, if it replaces", async () => {
  await using relay = await startRelay([{ id: "all", do: [send("a")] }], {
    config: { OverwriteInstances: "Always" },
  });
  const { server, sinks } = relay;
  await store(server, 1, 5);
  for (let time = 0; time < 3; time++) await store(server, 1, 5);
  await settle(server);
  assert.equal(sinks.sink("a").accepted.length, 5);
  const altered = await store(server, 1, 1, { pixelBytes: 100 });
  await settle(server);
  assert.equal(sinks.sink("a").accepted.at(-1)?.sha256, altered.get("1.2.1"));
  assert.equal(sinks.sink("a").accepted.length, 6);
});

Deno.test("an instance that is replaced before it was sent is superseded", async () => {
  await using relay = await startRelay([{ id: "all", do: [send("a")] }], {
    config: { OverwriteInstances: "Always" },
  });
  const { server, sinks } = relay;
  sinks.sink("a").isUp = false;
  await store(server, 1, 1);
  await settle(server);
  const altered = await store(server, 1, 1, { pixelBytes: 100 });
  await settle(server);
  sinks.sink("a").isUp = true;
  await settle(server);
  for (let n = 0; n < 3; n++) await settle(server, MINUTE);
  assert.deepEqual(sinks.sink("a").accepted.map(({ sha256 }) => sha256), [altered.get("1.2.1")]);
  assert.deepEqual(await states(server), { "a confirmed": 1, "a superseded": 1 });
});

Deno.test("a stable series goes when it has been quiet, also after a restart, and late images follow", async () => {
  const clock = createTestClock();
  const folder = await Deno.makeTempDir();
  const rules = [{ id: "stable", trigger: "stable-series", quietSeconds: 30, do: [send("a")] }];
  const sinks = testDestinations(["a"], clock.now);
  try {
    {
      await using relay = await startRelay(rules, { folder, clock, sinks });
      await store(relay.server, 1, 3);
      await settle(relay.server, 20_000);
      assert.equal(sinks.sink("a").accepted.length, 0);
    }
    await using relay = await startRelay(rules, { folder, clock, sinks });
    const { server } = relay;
    await store(server, 4, 4);
    await settle(server, 20_000);
    assert.equal(sinks.sink("a").accepted.length, 0, "an image has come meanwhile");
    await settle(server, 11_000);
    assert.equal(sinks.sink("a").accepted.length, 4);
    await store(server, 5, 5);
    await settle(server, 31_000);
    assert.deepEqual(sinks.sink("a").accepted.at(-1)?.uid, "1.2.5");
    assert.equal(sinks.sink("a").accepted.length, 5);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("an instance is deleted when all destinations have proven it and its grace is over", async () => {
  const rules = [{
    id: "all",
    do: [send("a", { confirm: "verify" }), send("b"), { deleteAfter: { graceSeconds: 3600 } }],
  }];
  await using relay = await startRelay(rules);
  const { server, sinks } = relay;
  sinks.sink("a").prove = () => ({ kind: "pending", reason: "not yet" });
  await store(server, 1, 3);
  await settle(server, 120 * MINUTE, MINUTE);
  assert.equal((await server.get<string[]>("/instances")).length, 3);
  sinks.sink("a").prove = () => ({ kind: "proven" });
  for (let n = 0; n < 3; n++) await settle(server, 10 * MINUTE, MINUTE);
  assert.equal((await states(server))["a confirmed"], 3);
  server.clock.set(server.clock.now() + 86_400_000);
  await settle(server, 20 * MINUTE, MINUTE);
  assert.equal(
    (await server.get<string[]>("/instances")).length,
    3,
    "the clock was set: grace begins anew",
  );
  await settle(server, 45 * MINUTE, MINUTE);
  await settle(server, 2 * MINUTE);
  assert.deepEqual(await server.get("/instances"), []);
});

Deno.test("a destination that cannot prove leaves a duty unproven, and what is missing is sent again", async () => {
  const rules = [{
    id: "all",
    do: [send("a", { confirm: "commit" }), send("b", { confirm: "verify" })],
  }];
  await using relay = await startRelay(rules);
  const { server, sinks } = relay;
  sinks.sink("a").prove = () => ({ kind: "unsupported", reason: "no storage commitment" });
  sinks.sink("b").prove = () =>
    sinks.sink("b").accepted.length < 2
      ? { kind: "missing", reason: "not there" }
      : { kind: "proven" };
  await store(server, 1, 1);
  for (let n = 0; n < 5; n++) await settle(server, MINUTE);
  assert.deepEqual(await states(server), { "a unproven": 1, "b confirmed": 1 });
  assert.equal(sinks.sink("b").accepted.length, 2);
});

Deno.test("nothing goes back to where it came from, and who does not let us in is paused", async () => {
  await using relay = await startRelay([{ id: "all", do: [send("a")] }]);
  const { server, sinks } = relay;
  sinks.sink("a").script = () => ({ kind: "unauthorized", status: "401", reason: "who are you" });
  await store(server, 1, 3);
  await settle(server);
  assert.deepEqual(server.app.relay.settings.pauses().destinations, { a: "who are you" });
  assert.deepEqual(await states(server), { "a ready": 3 });
});

Deno.test("what is sent through changes is another object, the same each time", async () => {
  const rules = [{
    id: "all",
    do: [
      { modify: { set: { InstitutionName: "North" }, ifAbsent: { AccessionNumber: "A1" } } },
      send("a", { confirm: "verify" }),
      { deidentify: { secret: "study7" } },
      send("b"),
    ],
  }];
  await using relay = await startRelay(rules);
  const { server, sinks } = relay;
  const sent = await store(server, 1, 1);
  await settle(server);
  const first = sinks.sink("a").accepted[0]!;
  assert.equal(first.uid, "1.2.1");
  assert.notEqual(first.sha256, sent.get("1.2.1"));
  const other = sinks.sink("b").accepted[0]!;
  assert.match(other.uid, /^2\.25\./);
  const { duties, engine } = server.app.relay;
  engine.wake(await duties.actOnDuties({ rule: "all" }, { kind: "retry" }, server.clock.now()));
  await settle(server);
  assert.deepEqual(sinks.sink("b").accepted.map(({ sha256 }) => sha256), [
    other.sha256,
    other.sha256,
  ]);
});

Deno.test("a receiver that takes one association at a time holds up nothing for long", async () => {
  await using relay = await startRelay([{ id: "all", do: [send("a")] }]);
  const { server, sinks } = relay;
  sinks.sink("a").script = (_, nth) => nth === 2 ? "hang" : { kind: "accepted", status: "0x0000" };
  await server.send("POST", "/relay/pause");
  await store(server, 1, 30);
  await server.send("POST", "/relay/resume");
  await settle(server);
  await waitFor(() => sinks.sink("a").accepted.length >= 29);
  await settle(server, 2000, 1000);
  assert.equal(sinks.sink("a").accepted.length, 30);
  assert.deepEqual(await failed(server), []);
});
