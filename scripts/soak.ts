/**
 * Runs a server for long, in short: stores many small instances with recycling on, while it reads and deletes, and
 * shows memory and bytes written. It fails where memory grows.
 *
 *   deno run -A scripts/soak.ts [INSTANCES] [EXECUTABLE]
 */
import assert from "node:assert/strict";
import { dicomFile } from "../tests/support/dicom.ts";

const [INSTANCES = "50000", EXECUTABLE] = Deno.args;
const PIXEL_BYTES = 10_000;
const SENDERS = 8;
const STEPS = 10;
const MAXIMUM_RSS_MB = 300;
/** Memory of the last step against the middle one; garbage comes and goes. */
const MAXIMUM_GROWTH = 1.25;
const BYTES_PER_MB = 1_000_000;
const MAIN = new URL("../main.ts", import.meta.url).pathname;

const folder = await Deno.makeTempDir({ prefix: "outpost-soak-" });
const options = ["--http-port=0", "--dicom-server-enabled=false", `--storage-directory=${folder}`];
const limit = "--maximum-storage-size=50"; // MB: from some 5,000 instances on, the oldest patients go

/** The server, and where it answers. */
async function startServer() {
  const [program, ...prefix] = EXECUTABLE === undefined
    ? [Deno.execPath(), "run", "--quiet", "-A", MAIN]
    : [EXECUTABLE];
  const args = [...prefix, ...options, limit];
  const process = new Deno.Command(program!, {
    args,
    env: { MALLOC_ARENA_MAX: "2" }, // as the service has it
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const reader = process.stdout.pipeThrough(new TextDecoderStream()).getReader();
  for (let text = "";;) {
    const { done, value } = await reader.read();
    assert.ok(!done, "the server ends at once");
    const url = /listening at (\S+)/.exec(text += value)?.[1];
    if (url) return { process, url, reader };
  }
}

const { process, url, reader } = await startServer();
let next = 0;
let received = 0;

async function sendUntil(end: number): Promise<void> {
  while (next < end) {
    const number = next++;
    const uid = `1.2.3.${number}`;
    const patientId = `P${Math.floor(number / 50)}`;
    const body = dicomFile({ sopInstanceUid: uid, patientId, pixelBytes: PIXEL_BYTES });
    received += body.length;
    const answer = await fetch(`${url}/instances`, { method: "POST", body });
    const { ID } = await answer.json();
    assert.equal(answer.status, 200);
    if (number % 20 === 0) await use(ID);
  }
}

/** What others do meanwhile. */
async function use(id: string): Promise<void> {
  for (const path of [`/instances/${id}/tags?simplify`, `/instances/${id}/file`, "/statistics"]) {
    await (await fetch(url + path)).bytes();
  }
  await (await fetch(`${url}/instances/${id}`, { method: "DELETE" })).bytes();
}

/** Memory in megabytes: what counts, what of it is of files (the program, above all), and the heap of the main thread. */
interface Memory {
  readonly rss: number;
  readonly files: number;
  readonly anonymous: number;
  readonly heap: number;
}

async function memoryMb(): Promise<Memory> {
  const maps = await Deno.readTextFile(`/proc/${process.pid}/smaps_rollup`);
  const metrics = await (await fetch(`${url}/tools/metrics-prometheus`)).text();
  const kilobytes = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(maps)![1]);
  const mb = (bytes: number) => Math.round(bytes / BYTES_PER_MB);
  const [rss, anonymous] = [kilobytes("Rss") * 1024, kilobytes("Anonymous") * 1024];
  const heap = Number(/^outpost_heap_bytes (\d+)/m.exec(metrics)![1]);
  return { rss: mb(rss), files: mb(rss - anonymous), anonymous: mb(anonymous), heap: mb(heap) };
}

async function written(): Promise<number> {
  const io = await Deno.readTextFile(`/proc/${process.pid}/io`);
  return Number(/^write_bytes: (\d+)/m.exec(io)![1]);
}

try {
  const memory: Memory[] = [];
  for (let step = 1; step <= STEPS; step++) {
    const end = Math.floor(Number(INSTANCES) * step / STEPS);
    await Promise.all(Array.from({ length: SENDERS }, () => sendUntil(end)));
    memory.push(await memoryMb());
    const amplification = (await written()) / received;
    const { rss, files, anonymous, heap } = memory.at(-1)!;
    console.log(
      `${end} instances: ${rss} MB of memory (${files} of files, ${anonymous} anonymous; heap ${heap}), ${
        amplification.toFixed(2)
      } bytes written for each received`,
    );
  }
  const sizes = memory.map(({ rss }) => rss);
  const growth = sizes.at(-1)! / sizes[STEPS / 2]!;
  assert.ok(Math.max(...sizes) < MAXIMUM_RSS_MB, `more than ${MAXIMUM_RSS_MB} MB of memory`);
  assert.ok(growth < MAXIMUM_GROWTH, `memory grows by ${growth.toFixed(2)}`);
} finally {
  process.kill("SIGTERM");
  await reader.cancel();
  await process.status;
  await Deno.remove(folder, { recursive: true });
}
