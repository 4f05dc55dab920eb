/**
 * How fast instances are received by C-STORE from DCMTK, side by side with Debian's Orthanc:
 *
 *   deno run -A scripts/bench/dicom.ts [--count 200] [--rounds 3]
 *
 * Both store durably (`SyncStorageArea`), on the same disk, below the folder of this working copy.
 */
import { parseArgs } from "node:util";
import { bigInstance } from "./big_upload.ts";
import { createInstanceMaker } from "./instances.ts";
import { type BenchServer, memoryOf, startOrthanc, startOutpost } from "./servers.ts";

interface Workload {
  readonly name: string;
  readonly columns: number;
  readonly rows: number;
  readonly associations: number;
  /** Instances, as a multiple of `--count`. */
  readonly share: number;
}

const WORKLOADS: readonly Workload[] = [
  { name: "512 kB CT, 1 association", columns: 512, rows: 512, associations: 1, share: 1 },
  { name: "512 kB CT, 4 associations", columns: 512, rows: 512, associations: 4, share: 2 },
  { name: "4 kB, 1 association", columns: 32, rows: 60, associations: 1, share: 2 },
  { name: "4 kB, 4 associations", columns: 32, rows: 60, associations: 4, share: 4 },
];

/** Sends `count` new instances, each association its share. @returns instances a second */
async function send(
  server: BenchServer,
  { columns, rows, associations }: Workload,
  { count, folder }: { readonly count: number; readonly folder: string },
): Promise<number> {
  const parent = await Deno.makeTempDir({ dir: folder });
  const folders = await Promise.all(
    Array.from({ length: associations }, () => Deno.makeTempDir({ dir: parent })),
  );
  const series = String(1 + crypto.getRandomValues(new Uint32Array(1))[0]!);
  const maker = createInstanceMaker(columns, rows, series);
  for (let index = 0; index < count; index++) {
    await Deno.writeFile(`${folders[index % associations]}/${index}.dcm`, maker.next());
  }
  const started = performance.now();
  await Promise.all(folders.map((from) => storescu(server, from)));
  const seconds = (performance.now() - started) / 1000;
  await Deno.remove(parent, { recursive: true });
  return count / seconds;
}

async function storescu({ name, dicomPort }: BenchServer, folder: string): Promise<void> {
  const { code } = await new Deno.Command("storescu", {
    args: ["+sd", "127.0.0.1", String(dicomPort), folder],
    env: { TCP_NODELAY: "1" },
    stdout: "null",
    stderr: "null",
  }).output();
  if (code !== 0) throw new Error(`storescu to ${name} ended with ${code}`);
}

/** Sends one instance of 1 GB. @returns seconds, and megabytes of the server before and at most meanwhile */
async function sendBig(server: BenchServer, folder: string) {
  const { head, frame, frames } = bigInstance();
  const path = `${folder}/big`;
  await Deno.mkdir(path);
  {
    using file = await Deno.create(`${path}/big.dcm`);
    await file.write(head);
    for (let count = 0; count < frames; count++) await file.write(frame);
  }
  const before = await memoryOf(server.pid, "VmRSS");
  let peak = before;
  const look = setInterval(async () => {
    peak = Math.max(peak, await memoryOf(server.pid, "VmRSS"));
  }, 50);
  const started = performance.now();
  await storescu(server, path).finally(() => clearInterval(look));
  const seconds = (performance.now() - started) / 1000;
  await Deno.remove(path, { recursive: true });
  return { seconds, before, peak };
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1]!;
}

const { values } = parseArgs({
  options: {
    count: { type: "string", default: "200" },
    rounds: { type: "string", default: "3" },
  },
});
const folder = await Deno.makeTempDir({ dir: ".", prefix: ".bench-" });
try {
  await using outpost = await startOutpost(18111, `${folder}/outpost`);
  await using orthanc = await startOrthanc(18112, `${folder}/orthanc`);
  const servers = [outpost, orthanc];
  console.log(`| instances a second | ${servers.map(({ name }) => name).join(" | ")} | ratio |`);
  console.log("|---|---|---|---|");
  for (const workload of WORKLOADS) {
    const rates: number[][] = servers.map(() => []);
    for (let round = 0; round < Number(values.rounds); round++) {
      for (const [at, server] of servers.entries()) {
        const count = Number(values.count) * workload.share;
        rates[at]!.push(await send(server, workload, { count, folder }));
      }
    }
    const [ours, theirs] = rates.map(median);
    const shown = rates.map((all) =>
      `${median(all).toFixed(0)} (${all.map((rate) => rate.toFixed(0)).join(" ")})`
    );
    console.log(`| ${workload.name} | ${shown.join(" | ")} | ${(ours! / theirs!).toFixed(2)} |`);
  }
  for (const server of servers) {
    const { seconds, before, peak } = await sendBig(server, folder);
    console.log(
      `${server.name}: 1 GB in ${seconds.toFixed(1)} s, ${before} MB before, ${peak} MB at most`,
    );
    console.log(`${server.name}: peak ${await memoryOf(server.pid, "VmHWM")} MB`);
  }
} finally {
  await Deno.remove(folder, { recursive: true });
}
