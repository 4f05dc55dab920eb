import assert from "node:assert/strict";
import { startApp, type TestApp } from "../../tests/support/app.ts";
import { instanceFile } from "../../tests/support/instances.ts";
import { pass } from "../../tests/support/quiet.ts";
import { testDestinations } from "../../tests/support/relay.ts";
import { waitFor } from "../../tests/support/wait.ts";

/** When duties become ready: silence, completeness, time limits, late images, by hand. */

const SECOND = 1000;
const send = { send: { to: "a" } };

async function start(rule: Record<string, unknown>) {
  const sinks = testDestinations(["a"]);
  const rules = [{ id: "r", do: [send], ...rule }];
  const server = await startApp({ destinations: sinks, config: { Relay: { Rules: rules } } });
  const sent = () => sinks.sink("a").accepted.map(({ uid }) => uid).sort();
  return { server, sent, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

/** Stores instance `number` of series `series`, of study 1.1. */
async function store(server: TestApp, number: number, series = "CT"): Promise<string> {
  const SOPInstanceUID = `1.2.${number}`;
  const { Status } = await server.upload(instanceFile({
    StudyInstanceUID: "1.1",
    SeriesInstanceUID: `1.1.${series.charCodeAt(0)}`,
    Modality: series,
    SOPInstanceUID,
  }));
  assert.equal(Status, "Success");
  return SOPInstanceUID;
}

/** Lets `seconds` pass, and what is due by then be sent. */
async function until(
  { server, sent }: { server: TestApp; sent: () => string[] },
  wanted: readonly string[],
  seconds: number,
): Promise<void> {
  for (let second = 0; second < seconds; second++) await pass(server, SECOND);
  await waitFor(async () => {
    await pass(server, SECOND);
    return sent().length >= wanted.length;
  }, `sending ${wanted}`);
  assert.deepEqual(sent(), wanted);
}

const statesOf = async (server: TestApp) =>
  (await server.app.relay.duties.duties({ limit: 100 })).map(({ state }) => state).sort();

const REQUIRED = [{ Modality: "CT" }, { Modality: "SR" }];
const WHOLE = {
  trigger: "complete-study",
  required: REQUIRED,
  quietSeconds: 10,
  timeoutSeconds: 600,
};

Deno.test("complete-study: what is complete goes after a moment of silence, long before the time limit", async () => {
  await using relay = await start(WHOLE);
  const { server, sent } = relay;
  const first = await store(server, 1, "CT");
  for (let second = 0; second < 120; second++) await pass(server, SECOND);
  assert.deepEqual(await statesOf(server), ["waiting"], "the report is not there");
  const second = await store(server, 2, "SR");
  assert.deepEqual(sent(), []);
  await until(relay, [first, second], 11);
});

for (
  const [onTimeout, states] of [["hold", ["waiting"]], ["discard", ["cancelled"]]] as const
) {
  Deno.test(`complete-study: what does not become complete is not sent with ${onTimeout}`, async () => {
    await using relay = await start({ ...WHOLE, onTimeout });
    const { server, sent } = relay;
    await store(server, 1, "CT");
    for (let minute = 0; minute < 11; minute++) await pass(server, 60 * SECOND);
    await waitFor(async () => {
      await pass(server, SECOND);
      const [duty] = await server.app.relay.duties.duties({ limit: 1 });
      return duty!.reason !== "";
    });
    assert.deepEqual(await statesOf(server), states);
    assert.deepEqual(sent(), []);
  });
}

Deno.test("stable-study: images of any series prolong the silence, up to the longest wait", async () => {
  await using relay = await start({
    trigger: "stable-study",
    quietSeconds: 30,
    maxWaitSeconds: 60,
  });
  const { server, sent } = relay;
  const uids: string[] = [];
  for (let n = 1; n <= 3; n++) {
    uids.push(await store(server, n, n === 2 ? "SR" : "CT"));
    for (let second = 0; second < 19; second++) await pass(server, SECOND);
    assert.deepEqual(sent(), [], "there was no silence of 30 s");
  }
  await until(relay, uids, 5); // 60 s after the first, though the last is 24 s old
});

Deno.test("onLate: late images alone, all again, or none until somebody says so", async () => {
  const cases = { "send-new": ["1.2.1", "1.2.2"], "send-all": ["1.2.1", "1.2.1", "1.2.2"] };
  for (const [onLate, wanted] of Object.entries(cases)) {
    await using relay = await start({ trigger: "stable-study", quietSeconds: 5, onLate });
    await store(relay.server, 1);
    await until(relay, ["1.2.1"], 6);
    await store(relay.server, 2);
    await until(relay, wanted, 6);
  }
  await using held = await start({ trigger: "stable-study", quietSeconds: 5, onLate: "hold" });
  const { server, sent } = held;
  await store(server, 1);
  await until(held, ["1.2.1"], 6);
  await store(server, 2);
  for (let minute = 0; minute < 60; minute++) await pass(server, 60 * SECOND);
  assert.deepEqual(await statesOf(server), ["confirmed", "waiting"]);
  const [late] = await server.app.relay.duties.duties({ state: "waiting", limit: 1 });
  await server.post(`/relay/duties/${late!.id}/retry`, {});
  await waitFor(() => sent().length === 2);
});

Deno.test("manual: nothing is owed until a replay", async () => {
  await using relay = await start({ trigger: "manual" });
  const { server, sent } = relay;
  await store(server, 1);
  assert.deepEqual(await statesOf(server), []);
  const query = { Level: "Study", Query: { StudyInstanceUID: "1.1" } };
  await server.post("/relay/replay", { ruleId: "r", query });
  await waitFor(() => sent().length === 1);
});
