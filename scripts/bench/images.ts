/**
 * Measures pictures of Outpost and Debian's Orthanc side by side, in one run on one machine:
 *
 *   deno run -A scripts/bench/images.ts [--count 200] [--rounds 3]
 *
 * CT-like images of 512 x 512 by eight clients, and the first picture of a large multi-frame of a server that has
 * just started.
 */
import { parseArgs } from "node:util";
import { element, part10 } from "../../tests/support/dicom.ts";
import { BenchConnection } from "./http_client.ts";
import { type BenchServer, memoryOf, startOrthanc, startOutpost } from "./servers.ts";

const SIDE = 512;
const CLIENTS = 8;
const INSTANCES = 8;
/** 60 MB. */
const FRAMES = 114;
const UID_ROOT = "1.2.826.0.1.3680043.10.1414.9";

const WORKLOADS = [
  { name: "PNG", path: "preview", accept: "image/png" },
  { name: "JPEG", path: "preview", accept: "image/jpeg" },
  { name: "PAM", path: "preview", accept: "image/x-portable-arbitrarymap" },
  { name: "PNG of 16 bits", path: "image-uint16", accept: "image/png" },
] as const;

/** A body of two densities in air, with noise: 12 bits. */
function phantom(seed: number): Uint16Array {
  let state = seed;
  const noise = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state >>> 24) % 24;
  };
  return Uint16Array.from({ length: SIDE * SIDE }, (_, at) => {
    const x = at % SIDE - SIDE / 2;
    const y = Math.floor(at / SIDE) - SIDE / 2;
    const bone = Math.hypot(x - 40, y + seed) < 45;
    const body = Math.hypot(x / 1.3, y) < 170;
    return (bone ? 2200 : body ? 1050 : 24) + noise();
  });
}

function makeFile(seed: number, frames: number): Uint8Array<ArrayBuffer> {
  const one = new Uint8Array(phantom(seed).buffer);
  const pixels = new Uint8Array(one.length * frames);
  for (let frame = 0; frame < frames; frame++) pixels.set(one, frame * one.length);
  const uid = `${UID_ROOT}.${frames}.${seed}`;
  return part10({
    instance: { sopInstanceUid: uid, sopClassUid: "1.2.840.10008.5.1.4.1.1.2" },
    pieces: [
      element(0x00080016, "UI", "1.2.840.10008.5.1.4.1.1.2"),
      element(0x00080018, "UI", uid),
      element(0x00100020, "LO", "BENCH"),
      element(0x0020000d, "UI", `${UID_ROOT}.1`),
      element(0x0020000e, "UI", `${UID_ROOT}.2`),
      element(0x00280002, "US", [1]),
      element(0x00280004, "CS", "MONOCHROME2"),
      element(0x00280008, "IS", String(frames)),
      element(0x00280010, "US", [SIDE]),
      element(0x00280011, "US", [SIDE]),
      element(0x00280100, "US", [16]),
      element(0x00280101, "US", [12]),
      element(0x00280102, "US", [11]),
      element(0x00280103, "US", [0]),
      element(0x7fe00010, "OW", pixels),
    ],
  });
}

/** Stores a file. @returns its identifier */
async function store(server: BenchServer, file: Uint8Array<ArrayBuffer>): Promise<string> {
  const url = `http://127.0.0.1:${server.port}/instances`;
  const response = await fetch(url, { method: "POST", body: file });
  return (await response.json()).ID;
}

/** @returns pictures a second */
async function measure(
  server: BenchServer,
  ids: readonly string[],
  { path, accept }: { readonly path: string; readonly accept: string },
  count: number,
): Promise<number> {
  let left = count;
  const started = performance.now();
  await Promise.all(Array.from({ length: CLIENTS }, async () => {
    await using connection = new BenchConnection(server.port);
    while (left-- > 0) {
      const target = `/instances/${ids[left % ids.length]}/${path}`;
      const status = await connection.request("GET", target, undefined, accept);
      if (status !== 200) throw new Error(`${server.name} answered ${status}`);
    }
  }));
  return count / ((performance.now() - started) / 1000);
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1]!;
}

async function measureRates(servers: readonly BenchServer[], count: number, rounds: number) {
  const files = Array.from({ length: INSTANCES }, (_, seed) => makeFile(seed, 1));
  const ids = [];
  for (const server of servers) {
    ids.push(await Promise.all(files.map((file) => store(server, file))));
  }
  console.log(`| pictures a second | ${servers.map(({ name }) => name).join(" | ")} | ratio |`);
  console.log("|---|---|---|---|");
  for (const workload of WORKLOADS) {
    const rates: number[][] = servers.map(() => []);
    for (let round = 0; round < rounds; round++) {
      for (const [at, server] of servers.entries()) {
        rates[at]!.push(await measure(server, ids[at]!, workload, count));
      }
    }
    const [ours, theirs] = rates.map(median);
    const shown = rates.map((all) =>
      `${median(all).toFixed(0)} (${all.map((n) => n.toFixed(0)).join(" ")})`
    );
    console.log(`| ${workload.name} | ${shown.join(" | ")} | ${(ours! / theirs!).toFixed(2)} |`);
  }
  for (const { name, pid } of servers) console.log(`${name}: ${await memoryOf(pid, "VmHWM")} MB`);
}

/** The first picture of a server that has just started. */
async function measureFirst(
  start: (port: number, folder: string) => Promise<BenchServer>,
  folder: string,
) {
  let id: string;
  {
    await using server = await start(18103, folder);
    id = await store(server, makeFile(1, FRAMES));
  }
  await using server = await start(18103, folder);
  await using connection = new BenchConnection(server.port);
  for (const which of ["first", "second"]) {
    const started = performance.now();
    await connection.request("GET", `/instances/${id}/frames/${FRAMES - 1}/preview`);
    const ms = (performance.now() - started).toFixed(0);
    console.log(`${server.name}: ${which} picture of 60 MB after ${ms} ms`);
  }
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    args: Deno.args,
    options: {
      count: { type: "string", default: "200" },
      rounds: { type: "string", default: "3" },
    },
  });
  const folder = await Deno.makeTempDir({ dir: ".", prefix: ".bench-" });
  try {
    await measureFirst(startOutpost, `${folder}/outpost-first`);
    await measureFirst(startOrthanc, `${folder}/orthanc-first`);
    await using outpost = await startOutpost(18101, `${folder}/outpost`);
    await using orthanc = await startOrthanc(18102, `${folder}/orthanc`);
    await measureRates([outpost, orthanc], Number(values.count), Number(values.rounds));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

await main();
