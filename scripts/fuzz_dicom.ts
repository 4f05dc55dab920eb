/**
 * Sends damaged conversations to a DICOM listener for a long time, and looks whether it grows:
 *
 *   deno run -A scripts/fuzz_dicom.ts [--minutes 60] [--seed N]
 */
import { parseArgs } from "node:util";
import { dialTcp, echo, fuzzDicom } from "../tests/support/dimse_fuzz.ts";
import { memoryOf, settled, startFuzzed } from "../tests/support/dimse_fuzz/server.ts";

const ROUND_MS = 60_000;
const MS_PER_MINUTE = 60_000;

const { values } = parseArgs({
  options: { minutes: { type: "string", default: "60" }, seed: { type: "string" } },
});
let seed = Number(values.seed ?? Date.now() % 1_000_000);
const until = Date.now() + Number(values.minutes) * MS_PER_MINUTE;
await using server = await startFuzzed();
const dial = dialTcp(server.dicomPort);
let total = 0;
while (Date.now() < until) {
  const roundEnd = Math.min(until, Date.now() + ROUND_MS);
  const goOn = () => Date.now() < roundEnd;
  const count = await fuzzDicom({ dial, seed, concurrency: 32, goOn });
  await echo(dial);
  const files = await settled(server);
  const memory = Math.round(await memoryOf(server));
  total += count;
  console.log(`seed ${seed}: ${count} connections, ${memory} MB, ${files} open files`);
  seed++;
}
console.log(`${total} connections in all`);
