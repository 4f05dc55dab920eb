/**
 * Measures Outpost and Debian's Orthanc side by side, in one run on one machine:
 *
 *   deno task bench [--count 400] [--rounds 3]
 *
 * Both store durably (`SyncStorageArea`), on the same disk, below the folder of this working copy.
 */
import { parseArgs } from "node:util";
import { uploadBig } from "./bench/big_upload.ts";
import { BenchConnection } from "./bench/http_client.ts";
import { createInstanceMaker } from "./bench/instances.ts";
import { type BenchServer, memoryOf, startOrthanc, startOutpost } from "./bench/servers.ts";

interface Workload {
  readonly name: string;
  readonly columns: number;
  readonly rows: number;
  readonly connections: number;
  /** Instances, as a multiple of `--count`. */
  readonly share: number;
}

const WORKLOADS: readonly Workload[] = [
  { name: "512 kB CT, 1 connection", columns: 512, rows: 512, connections: 1, share: 1 },
  { name: "512 kB CT, 8 connections", columns: 512, rows: 512, connections: 8, share: 1 },
  { name: "4 kB, 1 connection", columns: 32, rows: 60, connections: 1, share: 1 },
  { name: "4 kB, 8 connections", columns: 32, rows: 60, connections: 8, share: 2 },
];

/** Uploads `count` new instances. @returns instances a second */
async function upload(server: BenchServer, workload: Workload, count: number): Promise<number> {
  const series = String(1 + crypto.getRandomValues(new Uint32Array(1))[0]!);
  const maker = createInstanceMaker(workload.columns, workload.rows, series);
  const bodies = Array.from({ length: count }, () => maker.next());
  const started = performance.now();
  await Promise.all(Array.from({ length: workload.connections }, async () => {
    await using connection = new BenchConnection(server.port);
    for (let body = bodies.pop(); body; body = bodies.pop()) {
      const status = await connection.request("POST", "/instances", body);
      if (status !== 200) throw new Error(`${server.name} answered ${status}`);
    }
  }));
  return count / ((performance.now() - started) / 1000);
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1]!;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    args: Deno.args,
    options: {
      count: { type: "string", default: "400" },
      rounds: { type: "string", default: "3" },
    },
  });
  const folder = await Deno.makeTempDir({ dir: ".", prefix: ".bench-" });
  try {
    await using outpost = await startOutpost(18101, `${folder}/outpost`);
    await using orthanc = await startOrthanc(18102, `${folder}/orthanc`);
    const servers = [outpost, orthanc];
    for (const server of servers) {
      const rss = await memoryOf(server.pid, "VmRSS");
      console.log(
        `${server.name}: first answer after ${server.startMs.toFixed(0)} ms, idle ${rss} MB`,
      );
    }
    console.log(`| instances a second | ${servers.map(({ name }) => name).join(" | ")} | ratio |`);
    console.log("|---|---|---|---|");
    for (const workload of WORKLOADS) {
      const rates: number[][] = servers.map(() => []);
      for (let round = 0; round < Number(values.rounds); round++) {
        for (const [at, server] of servers.entries()) {
          rates[at]!.push(await upload(server, workload, Number(values.count) * workload.share));
        }
      }
      const [ours, theirs] = rates.map(median);
      const shown = rates.map((all) =>
        `${median(all).toFixed(0)} (${all.map((n) => n.toFixed(0)).join(" ")})`
      );
      console.log(`| ${workload.name} | ${shown.join(" | ")} | ${(ours! / theirs!).toFixed(2)} |`);
    }
    for (const server of servers) {
      const { seconds, before, peak } = await uploadBig(server);
      const cost = `${before} MB before, ${peak} MB at most`;
      console.log(`${server.name}: 1 GB in ${seconds.toFixed(1)} s, ${cost}`);
    }
    for (const server of servers) {
      console.log(`${server.name}: peak ${await memoryOf(server.pid, "VmHWM")} MB`);
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

await main();
