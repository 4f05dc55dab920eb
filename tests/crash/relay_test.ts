import assert from "node:assert/strict";
import { killWhileRelaying } from "../support/relay_kill.ts";

/** The process is killed again and again while it receives and relays; what it acknowledged arrives everywhere. */

const KILLS = 20;
const SINKS = 3;
/** What goes on at one destination when the process is killed, and comes again. */
const IN_FLIGHT = 24;

Deno.test(`what a server acknowledged that is killed ${KILLS} times arrives at ${SINKS} destinations`, async () => {
  const plan = { kills: KILLS, senders: 4, sinks: SINKS, lifeMs: 250, drainMs: 90_000 };
  const { acknowledged, judges } = await killWhileRelaying(plan);
  assert.ok(acknowledged.size > 10 * KILLS, `only ${acknowledged.size} were stored`);
  for (const { seen, duplicates } of judges) {
    for (const [uid, digest] of acknowledged) {
      const digests = seen.get(uid);
      assert.ok(digests, `${uid} was acknowledged and did not arrive`);
      for (const each of digests) assert.equal(each, digest, `${uid} is another object`);
    }
    assert.ok(duplicates <= KILLS * IN_FLIGHT, `${duplicates} came twice`);
  }
});
