/**
 * How fast instances get from a modality through the relay to one receiver, side by side with Debian's Orthanc told to
 * route by scripts in Lua as its book shows:
 *
 *   deno run -A scripts/bench/relay.ts [--count 300] [--rounds 3]
 *
 * Both store durably (`SyncStorageArea`), on the same disk, below the folder of this working copy. Time runs from the
 * start of DCMTK's `storescu` to the last instance at the receiver, one of DCMTK's `storescp --ignore` for each server.
 */
import assert from "node:assert/strict";
import { parseArgs } from "node:util";
import { createInstanceMaker } from "./instances.ts";
import { type Sink, startSink } from "./relay_sink.ts";
import {
  type BenchServer,
  type Settings,
  startOrthanc,
  startOrthancAsInstalled,
  startOutpost,
} from "./servers.ts";

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
  { name: "512 kB CT, 4 associations", columns: 512, rows: 512, associations: 4, share: 1 },
  { name: "4 kB, 1 association", columns: 32, rows: 60, associations: 1, share: 5 / 3 },
];

/** Who relays, and how it is told to; Orthanc as its book shows auto-routing in Lua. */
const RELAYS: readonly RelayKind[] = [
  {
    name: "Outpost",
    start: startOutpost,
    settings: { Relay: { Rules: [{ id: "all", do: [{ send: { to: "sink" } }] }] } },
  },
  {
    name: "Orthanc, each instance, as installed",
    start: startOrthancAsInstalled,
    lua: "function OnStoredInstance(id, tags, metadata) SendToModality(id, 'sink') end",
  },
  {
    name: "Orthanc, each instance, TCP_NODELAY=1",
    start: startOrthanc,
    lua: "function OnStoredInstance(id, tags, metadata) SendToModality(id, 'sink') end",
  },
  {
    name: "Orthanc, each stable study, TCP_NODELAY=1",
    start: startOrthanc,
    lua: "function OnStableStudy(id, tags, metadata) RestApiPost('/modalities/sink/store', id) end",
    settings: { StableAge: 1 }, // the shortest that can be configured
  },
];

interface RelayKind {
  readonly name: string;
  readonly start: typeof startOutpost;
  readonly lua?: string;
  readonly settings?: Settings;
}

/** One that relays. */
interface Runner {
  readonly name: string;
  readonly server: BenchServer;
  readonly sink: Sink;
}

/** Longest wait for the last instance of a round. */
const LIMIT_MS = 300_000;
/** Time in which something that comes twice would show. */
const AFTER_MS = 500;
const FIRST_PORT = 18121;
const SINK_OFFSET = 20;

/** @returns instances a second, end to end */
async function relay(
  { name, server, sink }: Runner,
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
  const target = sink.count + count;
  const started = performance.now();
  await Promise.all(folders.map((from) => storescu(server, from)));
  await within(sink.reached(target), `${name}: the last instance did not arrive`);
  const seconds = (performance.now() - started) / 1000;
  await new Promise((resolve) => setTimeout(resolve, AFTER_MS));
  assert.equal(sink.count, target, `${name}: something came twice`);
  await Deno.remove(parent, { recursive: true });
  return count / seconds;
}

async function within(work: Promise<void>, message: string): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(message)), LIMIT_MS);
  });
  await Promise.race([work, late]).finally(() => clearTimeout(timer));
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

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1]!;
}

function shown(rates: readonly number[]): string {
  return `${median(rates).toFixed(0)} (${rates.map((rate) => rate.toFixed(0)).join(" ")})`;
}

const { values } = parseArgs({
  options: {
    count: { type: "string", default: "300" },
    rounds: { type: "string", default: "3" },
  },
});
const folder = await Deno.makeTempDir({ dir: ".", prefix: ".bench-" });
try {
  await using stack = new AsyncDisposableStack();
  const runners: Runner[] = [];
  for (const [index, { name, start, lua, settings }] of RELAYS.entries()) {
    const port = FIRST_PORT + index;
    const sink = stack.use(await startSink(port + SINK_OFFSET));
    const script = `${folder}/${index}.lua`;
    if (lua) await Deno.writeTextFile(script, lua);
    const server = await start(port, `${folder}/${index}`, {
      ...settings,
      ...(lua && { LuaScripts: [await Deno.realPath(script)] }),
      DicomModalities: { sink: ["SINK", "127.0.0.1", sink.port] },
    });
    runners.push({ name, server: stack.use(server), sink });
  }
  console.log(`| instances a second | ${runners.map(({ name }) => name).join(" | ")} | ratios |`);
  console.log(`|---|${runners.map(() => "---:|").join("")}---:|`);
  for (const workload of WORKLOADS) {
    const rates: number[][] = runners.map(() => []);
    for (let round = 0; round < Number(values.rounds); round++) {
      for (const [at, runner] of runners.entries()) {
        const count = Math.round(Number(values.count) * workload.share);
        rates[at]!.push(await relay(runner, workload, { count, folder }));
      }
    }
    const [ours, ...theirs] = rates.map(median);
    const ratios = theirs.map((rate) => (ours! / rate).toFixed(1)).join(", ");
    console.log(`| ${workload.name} | ${rates.map(shown).join(" | ")} | ${ratios} |`);
  }
} finally {
  await Deno.remove(folder, { recursive: true });
}
