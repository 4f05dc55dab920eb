import assert from "node:assert/strict";
import { startApp, type TestApp } from "../../tests/support/app.ts";
import { createTestClock } from "../../tests/support/clock.ts";
import { dicomFile } from "../../tests/support/dicom.ts";
import { pass } from "../../tests/support/quiet.ts";
import { testDestinations } from "../../tests/support/relay.ts";
import { waitFor } from "../../tests/support/wait.ts";
import { watchDisk } from "../disk.ts";

const DAY = 86_400_000;
const TOTAL = 100_000_000_000;
const RULE = { id: "all", do: [{ send: { to: "a" } }] };

/** A disk whose room the test sets; images do not take any of it. */
function testDisk(clock: ReturnType<typeof createTestClock>) {
  const room = { free: TOTAL };
  const watch = watchDisk({
    disk: {
      space: () => Promise.resolve({ free: room.free, total: TOTAL }),
      takeBallast: () => Promise.resolve(),
      releaseBallast: () => Promise.resolve(false),
    },
    clock,
    log: () => {},
  });
  return { room, watch };
}

/** How many duties are in each state. */
async function states(server: TestApp): Promise<Record<string, number>> {
  const sums: Record<string, number> = {};
  for (const { state, count } of await server.app.relay.duties.dutyCounts()) {
    sums[state] = (sums[state] ?? 0) + count;
  }
  return sums;
}

async function upload(server: TestApp, from: number, to: number, more = {}): Promise<void> {
  for (let n = from; n <= to; n++) {
    await server.upload(dicomFile({ sopInstanceUid: `1.2.${n}`, ...more }));
  }
}

Deno.test("duties that are done are forgotten after KeepDays; dead and open ones stay", async () => {
  const sinks = testDestinations(["a", "b"]);
  const refused = { kind: "permanent", status: "0xc000", reason: "no" } as const;
  sinks.sink("a").script = ({ sopInstanceUid }) =>
    sopInstanceUid === "1.2.1" ? refused : { kind: "accepted", status: "0x0000" };
  const rules = [RULE, { id: "hand", match: { Modality: "XX" }, do: [{ send: { to: "b" } }] }];
  const config = { Relay: { Rules: rules, KeepDays: 30 } };
  await using server = await startApp({ config, destinations: sinks });
  await upload(server, 1, 4);
  await waitFor(async () => {
    await pass(server, 10_000); // three refusals make it dead
    const { confirmed, dead } = await states(server);
    return confirmed === 3 && dead === 1;
  });
  server.clock.set(server.clock.now() + 29 * DAY);
  await pass(server, 120_000);
  assert.equal((await states(server)).confirmed, 3);
  server.clock.set(server.clock.now() + 2 * DAY);
  await waitFor(async () => {
    await pass(server, 60_000);
    return (await states(server)).confirmed === undefined;
  });
  assert.equal((await states(server)).dead, 1);
});

Deno.test("more than KeepDuties are not kept, the newest stay", async () => {
  const sinks = testDestinations(["a"]);
  const config = { Relay: { Rules: [RULE], KeepDuties: 2 } };
  await using server = await startApp({ config, destinations: sinks });
  await upload(server, 1, 5);
  await waitFor(async () => (await states(server)).confirmed === 5);
  await waitFor(async () => {
    await pass(server, 60_000);
    return (await states(server)).confirmed === 2;
  });
  const kept = await server.app.relay.duties.duties({ limit: 10 });
  assert.deepEqual(kept.map(({ id }) => id), [5, 4]);
});

Deno.test("beyond 85 % of the disk only what is proven everywhere goes", async () => {
  const clock = createTestClock();
  const sinks = testDestinations(["a", "b"], clock.now);
  const { room, watch } = testDisk(clock);
  using _watch = watch;
  const both = { id: "both", do: [{ send: { to: "a" } }, { send: { to: "b" } }] };
  const config = { Relay: { Rules: [both] }, MaximumStorageSize: 1000 };
  await using server = await startApp({ config, clock, destinations: sinks, disk: watch });
  sinks.sink("b").isUp = false;
  await upload(server, 1, 2);
  await waitFor(() => sinks.sink("a").accepted.length === 2);
  sinks.sink("b").isUp = true;
  await waitFor(async () => {
    await pass(server, 10_000);
    return (await states(server)).confirmed === 4;
  });
  sinks.sink("b").isUp = false;
  await upload(server, 3, 3);
  await waitFor(() => sinks.sink("a").accepted.length === 3);

  const count = async () => (await server.get<string[]>("/instances")).length;
  room.free = TOTAL * 0.15 - 1;
  await waitFor(async () => {
    await pass(server, 60_000);
    return await count() === 1;
  });
  for (let minute = 0; minute < 5; minute++) await pass(server, 60_000);
  const [left] = await server.get<string[]>("/instances");
  const { duties } = server.app.relay;
  assert.ok(
    (await duties.duties({ limit: 9 })).some(({ instance, state }) =>
      instance === left && state !== "confirmed"
    ),
    "what is still owed stays",
  );
});

Deno.test("nothing of a protected patient goes, and nothing where nothing is recycled", async () => {
  for (const isProtected of [true, false]) {
    const clock = createTestClock();
    const sinks = testDestinations(["a"], clock.now);
    const { room, watch } = testDisk(clock);
    using _watch = watch;
    const limit = isProtected ? { MaximumStorageSize: 1000 } : {};
    const config = { Relay: { Rules: [RULE] }, ...limit };
    await using server = await startApp({ config, clock, destinations: sinks, disk: watch });
    await upload(server, 1, 2);
    await waitFor(async () => (await states(server)).confirmed === 2);
    if (isProtected) {
      const [patient] = await server.get<string[]>("/patients");
      await server.send("PUT", `/patients/${patient}/protected`, "1");
    }
    room.free = 0;
    for (let minute = 0; minute < 5; minute++) await pass(server, 60_000);
    assert.equal((await server.get<string[]>("/instances")).length, 2);
  }
});

Deno.test("disk.state says when the disk gets full, and the metrics how much room there is", async () => {
  const clock = createTestClock();
  const { room, watch } = testDisk(clock);
  using _watch = watch;
  await using server = await startApp({ clock, disk: watch, destinations: testDestinations([]) });
  const { events } = server.app.relay;
  const stop = new AbortController();
  room.free = 1000;
  clock.set(clock.now() + 2000);
  await watch.check();
  for await (const [event] of events.follow(0, stop.signal)) {
    assert.equal(event?.type, "disk.state");
    assert.deepEqual(event?.data, { level: "full", free: 1000, total: TOTAL });
    stop.abort();
  }
  const text = await (await server.send("GET", "/tools/metrics-prometheus")).text();
  assert.match(text, /^relay_disk_free_bytes 1000 /m);
});

Deno.test("what is received and what is refused is counted and measured", async () => {
  await using server = await startApp({ destinations: testDestinations([]) });
  await upload(server, 1, 2);
  assert.equal((await server.send("POST", "/instances", new Uint8Array(500))).status, 400);
  const text = await (await server.send("GET", "/tools/metrics-prometheus")).text();
  assert.match(text, /^relay_receive_seconds_count 2 /m);
  assert.match(text, /^relay_commit_seconds_count 2 /m);
  assert.match(text, /^relay_refused_total\{reason="bad-file"\} 1 /m);
});
