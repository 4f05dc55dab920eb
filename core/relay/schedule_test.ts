import assert from "node:assert/strict";
import { startApp, type TestApp } from "../../tests/support/app.ts";
import { createTestClock } from "../../tests/support/clock.ts";
import { dicomFile } from "../../tests/support/dicom.ts";
import { quiet } from "../../tests/support/quiet.ts";
import { testDestinations } from "../../tests/support/relay.ts";

/** What depends on time: windows, limits, priorities, timers and alternates. */

const MINUTE = 60_000;
const send = (to: string, more: Record<string, unknown> = {}) => ({ send: { to, ...more } });

/** A server whose clock shows a Friday, 18:00 UTC. */
async function start(relay: Record<string, unknown>) {
  const clock = createTestClock(Date.UTC(2026, 0, 2, 18));
  const sinks = testDestinations(["a", "b"], clock.now);
  const server = await startApp({ clock, destinations: sinks, config: { Relay: relay } });
  return { server, sinks, clock, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

async function pass(server: TestApp, ms: number, step = 5000): Promise<void> {
  await quiet(server);
  for (let left = ms; left > 0; left -= step) {
    await server.clock.advance(Math.min(left, step));
    await quiet(server);
  }
}

async function store(
  server: TestApp,
  from: number,
  to = from,
  parts: Record<string, unknown> = {},
) {
  for (let n = from; n <= to; n++) {
    await server.upload(dicomFile({ sopInstanceUid: `1.2.${n}`, ...parts }));
  }
}

Deno.test("outside its window a destination gets nothing but what is urgent", async () => {
  const window = { Modality: "a", Windows: ["Mon-Fri 19:00-06:00 UTC"] };
  await using relay = await start({
    Destinations: { night: window },
    Rules: [
      {
        id: "stat",
        match: { "source.size": { range: [2000, null] } },
        stop: true,
        do: [send("night", { priority: "stat" })],
      },
      { id: "all", do: [send("night")] },
    ],
  });
  const { server, sinks } = relay;
  await store(server, 1, 3);
  await store(server, 4, 4, { pixelBytes: 4000 });
  await pass(server, 59 * MINUTE, MINUTE);
  const { accepted } = sinks.sink("a");
  assert.deepEqual(accepted.map(({ uid }) => uid), ["1.2.4"]);
  await pass(server, 2 * MINUTE);
  assert.equal(sinks.sink("a").accepted.length, 4);
  const opened = Date.UTC(2026, 0, 2, 19);
  assert.ok(
    sinks.sink("a").accepted.slice(1).every(({ at }) => at >= opened && at < opened + 1000),
  );
});

Deno.test("what is on its way when the window closes is stopped, and goes on when it opens", async () => {
  const window = { Modality: "a", Windows: ["18:00-18:30 UTC", "20:00-21:00 UTC"] };
  await using relay = await start({
    Destinations: { day: window },
    Rules: [{ id: "all", do: [send("day")] }],
  });
  const { server, sinks } = relay;
  await pass(server, 30 * MINUTE - 10_000, MINUTE);
  sinks.sink("a").script = () => "hang";
  await store(server, 1);
  await pass(server, 20_000);
  const [duty] = await server.app.relay.duties.duties({ limit: 1 });
  assert.deepEqual([duty?.state, duty?.tries], ["ready", 0]);
  sinks.sink("a").script = () => ({ kind: "accepted", status: "0x0000" });
  await pass(server, 88 * MINUTE, MINUTE);
  await pass(server, 3 * MINUTE);
  assert.equal(sinks.sink("a").accepted.length, 1);
});

Deno.test("an urgent image overtakes a long queue, and the rest keeps its order", async () => {
  await using relay = await start({
    Destinations: { one: { Modality: "a", Concurrency: 1 } }, // two at a time may pass one another
    Rules: [
      {
        id: "stat",
        match: { "source.size": { range: [2000, null] } },
        stop: true,
        do: [send("one", { priority: "stat" })],
      },
      { id: "all", do: [send("one", { priority: "bulk" })] },
    ],
  });
  const { server, sinks } = relay;
  await server.app.relay.settings.setPauses((now) => ({ ...now, all: true }));
  await store(server, 1, 60);
  await store(server, 99, 99, { pixelBytes: 4000 });
  await server.post("/relay/resume", {});
  await pass(server, 1000);
  const order = sinks.sink("a").tried;
  assert.ok(order.indexOf("1.2.99") < 4, `it came ${order.indexOf("1.2.99")}th`);
  const numbers = order.filter((uid) => uid !== "1.2.99").map((uid) => Number(uid.slice(4)));
  assert.deepEqual(numbers, Array.from({ length: 60 }, (_, n) => n + 1));
});

Deno.test("where order is strict, nothing of a series goes before what came before it", async () => {
  await using relay = await start({
    Rules: [{ id: "all", do: [send("a", { strictSeries: true })] }],
  });
  const { server, sinks } = relay;
  const busy = {
    kind: "transient",
    status: "0xa700",
    reason: "busy",
    connectionFault: false,
  } as const;
  sinks.sink("a").script = ({ sopInstanceUid }, nth) =>
    sopInstanceUid === "1.2.2" && nth < 4 ? busy : { kind: "accepted", status: "0x0000" };
  await store(server, 1, 5);
  await pass(server, 2 * MINUTE);
  assert.deepEqual(sinks.sink("a").accepted.map(({ uid }) => uid), [
    "1.2.1",
    "1.2.2",
    "1.2.3",
    "1.2.4",
    "1.2.5",
  ]);
});

Deno.test("a study goes when all that it needs is there, or when the time is over", async () => {
  const required = [{ Modality: "CT" }, { Modality: "SR" }];
  const rule = {
    id: "whole",
    trigger: "complete-study",
    quietSeconds: 10,
    timeoutSeconds: 600,
    required,
  };
  const modality = (value: string) => ({ before: [{ tag: 0x00080060, vr: "CS", value }] });
  await using relay = await start({ Rules: [{ ...rule, do: [send("a")] }] });
  const { server, sinks } = relay;
  await store(server, 1, 1, { studyInstanceUid: "1.1", elements: modality("CT").before });
  await pass(server, 30_000);
  assert.equal(sinks.sink("a").accepted.length, 0);
  await pass(server, 10 * MINUTE, 10_000);
  assert.equal(sinks.sink("a").accepted.length, 1, "the time is over");
});

Deno.test("an alternate gets what the first destination does not take in time, and nothing else", async () => {
  const alternate = { to: "b", afterSeconds: 600 };
  await using relay = await start({ Rules: [{ id: "all", do: [send("a", { alternate })] }] });
  const { server, sinks } = relay;
  await store(server, 1);
  await pass(server, 11 * MINUTE, 10_000);
  assert.equal(sinks.sink("b").accepted.length, 0);
  sinks.sink("a").isUp = false;
  await store(server, 2);
  await pass(server, 11 * MINUTE, 10_000);
  assert.deepEqual(sinks.sink("b").accepted.map(({ uid }) => uid), ["1.2.2"]);
});

Deno.test("a clock that is set back or forward by a day leaves no duty behind", async () => {
  await using relay = await start({ Rules: [{ id: "all", do: [send("a")] }] });
  const { server, sinks, clock } = relay;
  for (const step of [-86_400_000, 86_400_000]) {
    const before = sinks.sink("a").accepted.length;
    const busy = {
      kind: "transient",
      status: "0x0110",
      reason: "busy",
      connectionFault: false,
    } as const;
    sinks.sink("a").script = () => busy;
    await store(server, step > 0 ? 1 : 2);
    await pass(server, 20_000);
    clock.set(clock.now() + step);
    sinks.sink("a").script = () => ({ kind: "accepted", status: "0x0000" });
    clock.advance(0);
    server.app.relay.engine.wakeAll();
    await pass(server, 20 * MINUTE, 10_000);
    assert.equal(sinks.sink("a").accepted.length, before + 1, `set by ${step}`);
  }
});

Deno.test("a scheduled rule waits for its hour", async () => {
  const rule = {
    id: "nightly",
    trigger: "schedule",
    schedule: "Mon-Sun 22:00-23:00 UTC",
    do: [send("a")],
  };
  await using relay = await start({ Rules: [rule] });
  const { server, sinks } = relay;
  await store(server, 1, 2);
  await pass(server, 239 * MINUTE, MINUTE);
  assert.equal(sinks.sink("a").accepted.length, 0);
  await pass(server, 2 * MINUTE);
  assert.equal(sinks.sink("a").accepted.length, 2);
});
