/**
 * The faults of the relay at full scale: `deno run -A scripts/faults.ts [kills]`, 200 by default. Prints one JSON object;
 * the exit code is 1 if anything that was acknowledged is missing anywhere, or is another object.
 */
import { killWhileRelaying } from "../tests/support/relay_kill.ts";

const kills = Number(Deno.args[0] ?? 200);
const startedAt = performance.now();
const { acknowledged, judges, startsMs } = await killWhileRelaying({
  kills,
  senders: 8,
  sinks: 3,
  lifeMs: 500,
  drainMs: 600_000,
});
const wrong = judges.map(({ seen }) =>
  [...acknowledged].filter(([uid, digest]) => {
    const digests = seen.get(uid) ?? [];
    return digests.length === 0 || digests.some((each) => each !== digest);
  }).length
);
console.log(JSON.stringify({
  kills,
  acknowledged: acknowledged.size,
  missingOrOther: wrong,
  duplicates: judges.map(({ duplicates }) => duplicates),
  slowestStartMs: Math.round(Math.max(...startsMs)),
  seconds: Math.round((performance.now() - startedAt) / 1000),
}));
Deno.exit(wrong.some((count) => count > 0) ? 1 : 0);
