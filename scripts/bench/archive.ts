/**
 * How fast the archive of a study is downloaded, and the memory that takes, side by side with Debian's Orthanc:
 *
 *   deno run -A scripts/bench/archive.ts [--count 500] [--rounds 5]
 *
 * The client throws away what it reads, over one connection for each archive.
 */
import { parseArgs } from "node:util";
import { BenchConnection } from "./http_client.ts";
import { createInstanceMaker } from "./instances.ts";
import { type BenchServer, memoryOf, startOrthanc, startOutpost } from "./servers.ts";

const COLUMNS = 512;
const ROWS = 512;
const READ_BYTES = 1048576;

/** Stores one study of `count` instances. @returns its public identifier */
async function fill(server: BenchServer, count: number): Promise<string> {
  const maker = createInstanceMaker(COLUMNS, ROWS, "1");
  const pixels = noisyPixels();
  await using connection = new BenchConnection(server.port);
  for (let index = 0; index < count; index++) {
    const file = maker.next();
    file.set(pixels, file.length - pixels.length);
    const status = await connection.request("POST", "/instances", file);
    if (status !== 200) throw new Error(`${server.name} answered ${status}`);
  }
  const response = await fetch(`http://127.0.0.1:${server.port}/studies`);
  const [study] = await response.json();
  return study;
}

/** A disc on air with noise, as a scanner's images have it: what is smooth would be compressed away. */
function noisyPixels(): Uint8Array {
  const pixels = new Uint16Array(COLUMNS * ROWS);
  const noise = crypto.getRandomValues(new Uint8Array(65536));
  for (let at = 0; at < pixels.length; at++) {
    const [x, y] = [at % COLUMNS - COLUMNS / 2, Math.floor(at / COLUMNS) - ROWS / 2];
    const tissue = Math.hypot(x, y) < COLUMNS / 2.5 ? 1000 + x : 24;
    pixels[at] = tissue + noise[at % noise.length]! % 32;
  }
  return new Uint8Array(pixels.buffer);
}

/** Downloads to the end of the connection. @returns bytes of the answer */
async function download(server: BenchServer, path: string): Promise<number> {
  using connection = await Deno.connect({ hostname: "127.0.0.1", port: server.port });
  const request = `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n`;
  await connection.write(new TextEncoder().encode(request));
  const buffer = new Uint8Array(READ_BYTES);
  let total = 0;
  for (let read = 0; read !== null; read = await connection.read(buffer) ?? NaN) {
    if (Number.isNaN(read)) break;
    total += read;
  }
  return total;
}

async function measure(server: BenchServer, path: string, rounds: number) {
  const idle = await memoryOf(server.pid, "VmRSS");
  await Deno.writeTextFile(`/proc/${server.pid}/clear_refs`, "5"); // forgets the peak so far
  const seconds: number[] = [];
  let bytes = 0;
  for (let round = 0; round < rounds; round++) {
    const started = performance.now();
    bytes = await download(server, path);
    seconds.push((performance.now() - started) / 1000);
  }
  const peak = await memoryOf(server.pid, "VmHWM");
  const median = seconds.toSorted((a, b) => a - b)[seconds.length >> 1]!;
  return { idle, peak, bytes, median, seconds };
}

const { values } = parseArgs({
  options: {
    count: { type: "string", default: "500" },
    rounds: { type: "string", default: "5" },
  },
});
const folder = await Deno.makeTempDir({ dir: ".", prefix: ".bench-" });
try {
  await using outpost = await startOutpost(18121, `${folder}/outpost`);
  await using orthanc = await startOrthanc(18122, `${folder}/orthanc`);
  console.log("| archive | server | seconds (median) | all | MB | idle MB | peak MB |");
  console.log("|---|---|---|---|---|---|---|");
  for (const kind of ["archive", "media"]) {
    const medians: number[] = [];
    for (const server of [outpost, orthanc]) {
      const known = await (await fetch(`http://127.0.0.1:${server.port}/studies`)).json();
      const study = known[0] ?? await fill(server, Number(values.count));
      const result = await measure(server, `/studies/${study}/${kind}`, Number(values.rounds));
      const all = result.seconds.map((n) => n.toFixed(2)).join(" ");
      const size = (result.bytes / 1e6).toFixed(0);
      console.log(
        `| ${kind} | ${server.name} | ${
          result.median.toFixed(2)
        } | ${all} | ${size} | ${result.idle} | ${result.peak} |`,
      );
      medians.push(result.median);
    }
    console.log(`${kind}: ${(medians[1]! / medians[0]!).toFixed(2)} times Orthanc's speed`);
  }
} finally {
  await Deno.remove(folder, { recursive: true });
}
