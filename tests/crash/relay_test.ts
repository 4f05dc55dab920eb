import assert from "node:assert/strict";
import { type KillReport, killWhileRelaying, LEAST_STORED } from "../support/relay_kill.ts";

/** The process ends again and again while it receives and relays; what it acknowledged arrives everywhere. */

const KILLS = 20;
const SINKS = 3;
/** For very slow machines. */
const DRAIN_MS = 900_000;
/** What goes on at one destination when the process is killed, and comes again. */
const IN_FLIGHT = 24;

/** @throws AssertionError if anything is missing anywhere, or is another object */
function checkArrivals({ acknowledged, judges }: KillReport): void {
  for (const { seen } of judges) {
    for (const [uid, digest] of acknowledged) {
      const digests = seen.get(uid);
      assert.ok(digests, `${uid} was acknowledged and did not arrive`);
      for (const each of digests) assert.equal(each, digest, `${uid} is another object`);
    }
  }
}

Deno.test(`what a server acknowledged that is killed ${KILLS} times arrives at ${SINKS} destinations`, async () => {
  const plan = { kills: KILLS, senders: 4, sinks: SINKS, lifeMs: 250, drainMs: DRAIN_MS };
  const report = await killWhileRelaying(plan);
  const { acknowledged, judges } = report;
  assert.ok(acknowledged.size >= LEAST_STORED * KILLS, `only ${acknowledged.size} were stored`);
  checkArrivals(report);
  for (const { duplicates } of judges) {
    assert.ok(duplicates <= KILLS * IN_FLIGHT, `${duplicates} came twice`);
  }
});

Deno.test("kill -9 loses nothing of what was acknowledged before it was flushed", async () => {
  const plan = { kills: 4, senders: 4, sinks: 1, lifeMs: 250, drainMs: DRAIN_MS };
  checkArrivals(await killWhileRelaying({ ...plan, ack: "buffered" }));
});

Deno.test("what a server acknowledged that is asked to end arrives, and it ends by itself", async () => {
  const plan = { kills: 3, senders: 4, sinks: SINKS, lifeMs: 250, drainMs: DRAIN_MS };
  const report = await killWhileRelaying({ ...plan, signal: "SIGTERM" });
  assert.deepEqual(report.exitCodes, [0, 0, 0]);
  assert.ok(report.acknowledged.size > 0);
  checkArrivals(report);
});
