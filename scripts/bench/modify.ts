/**
 * How fast a study is anonymised, side by side with Debian's Orthanc:
 *
 *   deno run -A scripts/bench/modify.ts [--count 500] [--rounds 3]
 *
 * Both keep the source and store the result durably.
 */
import { parseArgs } from "node:util";
import { BenchConnection } from "./http_client.ts";
import { createInstanceMaker } from "./instances.ts";
import { type BenchServer, memoryOf, startOrthanc, startOutpost } from "./servers.ts";

const COLUMNS = 512;
const ROWS = 512;

/** Stores one study of `count` instances. @returns its public identifier */
async function fill(server: BenchServer, count: number): Promise<string> {
  const maker = createInstanceMaker(COLUMNS, ROWS, "1");
  await using connection = new BenchConnection(server.port);
  for (let index = 0; index < count; index++) {
    const status = await connection.request("POST", "/instances", maker.next());
    if (status !== 200) throw new Error(`${server.name} answered ${status}`);
  }
  const response = await fetch(`http://127.0.0.1:${server.port}/studies`);
  const [study] = await response.json();
  return study;
}

/** Anonymises the study. @returns instances a second */
async function anonymize(server: BenchServer, study: string): Promise<number> {
  const started = performance.now();
  const response = await fetch(`http://127.0.0.1:${server.port}/studies/${study}/anonymize`, {
    method: "POST",
    body: JSON.stringify({ DicomVersion: "2021b" }),
  });
  const { InstancesCount, FailedInstancesCount } = await response.json();
  if (FailedInstancesCount !== 0) throw new Error(`${server.name} could not anonymise`);
  return InstancesCount / ((performance.now() - started) / 1000);
}

const { values } = parseArgs({
  options: {
    count: { type: "string", default: "500" },
    rounds: { type: "string", default: "3" },
  },
});
const folder = await Deno.makeTempDir({ dir: ".", prefix: ".bench-" });
try {
  await using outpost = await startOutpost(18171, `${folder}/outpost`);
  await using orthanc = await startOrthanc(18172, `${folder}/orthanc`);
  for (const server of [outpost, orthanc]) {
    const study = await fill(server, Number(values.count));
    const idle = await memoryOf(server.pid, "VmRSS");
    const rates: number[] = [];
    for (let round = 0; round < Number(values.rounds); round++) {
      rates.push(await anonymize(server, study));
    }
    const [median] = rates.toSorted((a, b) => a - b).slice(rates.length >> 1);
    const peak = await memoryOf(server.pid, "VmHWM");
    const facts = { name: server.name, perSecond: Math.round(median!), idle, peak };
    console.log(JSON.stringify(facts));
  }
} finally {
  await Deno.remove(folder, { recursive: true });
}
