/**
 * How fast instances are sent by C-STORE to DCMTK's `storescp --ignore`, side by side with Debian's Orthanc:
 *
 *   deno run -A scripts/bench/send.ts [--count 300] [--rounds 5] [--pdu 16384]
 */
import { parseArgs } from "node:util";
import { freePort } from "../../tests/support/peer.ts";
import { createInstanceMaker } from "./instances.ts";
import { type BenchServer, startOrthanc, startOutpost } from "./servers.ts";

interface Workload {
  readonly name: string;
  readonly columns: number;
  readonly rows: number;
  /** Instances, as a multiple of `--count`. */
  readonly share: number;
}

const WORKLOADS: readonly Workload[] = [
  { name: "512 kB CT", columns: 512, rows: 512, share: 1 },
  { name: "4 kB", columns: 32, rows: 60, share: 3 },
];

/** Stores `count` instances. @returns their identifiers */
async function fill(server: BenchServer, workload: Workload, count: number): Promise<string[]> {
  const maker = createInstanceMaker(workload.columns, workload.rows, workload.name.slice(0, 1));
  const ids: string[] = [];
  for (let index = 0; index < count; index++) {
    ids.push((await post(server, "/instances", maker.next() as Uint8Array<ArrayBuffer>)).ID);
  }
  return ids;
}

async function post(server: BenchServer, path: string, body: BodyInit): Promise<{ ID: string }> {
  const url = `http://127.0.0.1:${server.port}${path}`;
  const response = await fetch(url, { method: "POST", body });
  if (!response.ok) throw new Error(`${server.name} answered ${response.status}`);
  return await response.json();
}

/** Sends all over one association. @returns instances a second */
async function send(server: BenchServer, ids: readonly string[]): Promise<number> {
  const started = performance.now();
  await post(server, "/modalities/sink/store", JSON.stringify(ids));
  return ids.length / ((performance.now() - started) / 1000);
}

function storescp(port: number, pdu: string): AsyncDisposable {
  const process = new Deno.Command("storescp", {
    args: ["--fork", "--ignore", "--max-pdu", pdu, String(port)],
    env: { TCP_NODELAY: "1" },
    stdout: "null",
    stderr: "null",
  }).spawn();
  return {
    async [Symbol.asyncDispose]() {
      process.kill("SIGKILL");
      await process.status;
    },
  };
}

function shown(rates: readonly number[]): string {
  const sorted = [...rates].sort((a, b) => a - b);
  return `${Math.round(sorted[sorted.length >> 1]!)} (${sorted.map(Math.round).join(" ")})`;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      count: { type: "string", default: "300" },
      rounds: { type: "string", default: "5" },
      pdu: { type: "string", default: "16384" },
    },
  });
  const folder = await Deno.makeTempDir({ dir: ".", prefix: ".bench-" });
  const [sinkPort, ours, theirs] = [freePort(), freePort(), freePort()];
  const settings = { DicomModalities: { sink: ["SINK", "127.0.0.1", sinkPort] } };
  try {
    await using _sink = storescp(sinkPort, values.pdu);
    await using outpost = await startOutpost(ours, `${folder}/outpost`, settings);
    await using orthanc = await startOrthanc(theirs, `${folder}/orthanc`, settings);
    const servers = [outpost, orthanc];
    for (const workload of WORKLOADS) {
      const count = Number(values.count) * workload.share;
      const rates: number[][] = servers.map(() => []);
      const ids = await Promise.all(servers.map((server) => fill(server, workload, count)));
      for (let round = 0; round < Number(values.rounds); round++) {
        for (const [at, server] of servers.entries()) rates[at]!.push(await send(server, ids[at]!));
      }
      servers.forEach(({ name }, at) => console.log(workload.name, name, shown(rates[at]!)));
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

await main();
