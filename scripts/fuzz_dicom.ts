/**
 * Sends damaged conversations to a DICOM listener for a long time, and looks whether it grows:
 *
 *   deno run -A scripts/fuzz_dicom.ts [--minutes 60] [--seed N]
 */
import { parseArgs } from "node:util";
import { echo, fuzzDicom } from "../tests/support/dimse_fuzz.ts";
import { memoryOf, startOutpost } from "./bench/servers.ts";

const ROUND_MS = 60_000;
const MS_PER_MINUTE = 60_000;

const { values } = parseArgs({
  options: { minutes: { type: "string", default: "60" }, seed: { type: "string" } },
});
let seed = Number(values.seed ?? Date.now() % 1_000_000);
const until = Date.now() + Number(values.minutes) * MS_PER_MINUTE;
const folder = await Deno.makeTempDir();
try {
  await using server = await startOutpost(18121, folder);
  while (Date.now() < until) {
    const roundEnd = Math.min(until, Date.now() + ROUND_MS);
    const goOn = () => Date.now() < roundEnd;
    const count = await fuzzDicom({ port: server.dicomPort, seed, concurrency: 32, goOn });
    await echo(server.dicomPort);
    const files = [...Deno.readDirSync(`/proc/${server.pid}/fd`)].length;
    const memory = await memoryOf(server.pid, "VmRSS");
    console.log(`seed ${seed}: ${count} connections, ${memory} MB, ${files} open files`);
    seed++;
  }
} finally {
  await Deno.remove(folder, { recursive: true });
}
