import { killWhileRelaying } from "../../tests/support/relay_kill.ts";
import type { Fault } from "./fault.ts";
import { missingOf } from "./traffic.ts";

const MOST_TWICE = 0.005;
const SLOWEST_START_MS = 3000;

/** Row 1: the process is killed at random moments while it receives and relays to three destinations. */
export const kills: Fault = {
  description: "kill -9 at so many random moments, three destinations",
  amount: 200,
  async run(amount) {
    const plan = { kills: amount, senders: 8, sinks: 3, lifeMs: 500, drainMs: 600_000 };
    const { acknowledged, judges, startsMs } = await killWhileRelaying(plan);
    const missing = judges.map(({ seen }) => missingOf(new Map(acknowledged), seen));
    const twice = judges.map(({ duplicates }) => duplicates);
    const slowestStartMs = Math.round(Math.max(...startsMs));
    return {
      holds: missing.every((count) => count === 0) &&
        twice.every((count) => count <= MOST_TWICE * acknowledged.size) &&
        slowestStartMs <= SLOWEST_START_MS,
      facts: { kills: amount, acknowledged: acknowledged.size, missing, twice, slowestStartMs },
    };
  },
};
