/**
 * Runs an executable through what people do with it, from an empty folder. Its arguments are such a folder, the
 * executable that sends, and the command that serves; it ends with a failure that says what is wrong.
 */
import assert from "node:assert/strict";
import { imageFile } from "../support/images.ts";
import { freePort } from "../support/peer.ts";

const JPEG_2000_LOSSLESS = "1.2.840.10008.1.2.4.90";
const PNG_SIGNATURE = [0x89, 0x50, 0x4e, 0x47];
const DRAIN_MS = 10_000;

const [folder, client, ...server] = Deno.args as [string, string, ...string[]];

/** The executable with nothing of this machine's: no path, no home, and a folder for temporary files to watch. */
function outpost([program, ...args]: readonly string[]): Deno.ChildProcess {
  return new Deno.Command(program!, {
    args,
    cwd: `${folder}/work`,
    clearEnv: true,
    env: { TMPDIR: `${folder}/tmp` },
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
}

async function succeed(...args: string[]): Promise<string> {
  const { success, stdout } = await outpost([client, ...args]).output();
  assert.ok(success, `outpost ${args[0]} fails`);
  return new TextDecoder().decode(stdout);
}

async function serve(dicomPort: number) {
  const process = outpost([...server, "--http-port", "0", "--dicom-port", String(dicomPort)]);
  const reader = process.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (;;) {
    const { done, value } = await reader.read();
    assert.ok(!done, "the server ends at once");
    text += value;
    const found = /listening at (\S+)/.exec(text)?.[1];
    if (found) return { process, url: found, reader };
  }
}

async function ask(url: string, init?: RequestInit): Promise<Uint8Array<ArrayBuffer>> {
  const response = await fetch(url, init);
  const bytes = await response.bytes();
  assert.ok(response.ok, `${url}: ${response.status} ${new TextDecoder().decode(bytes)}`);
  return bytes;
}

/** What follows the file meta information, which is new when a file has come by C-STORE (PS3.10 Section 7.1). */
function dataSetOf(file: Uint8Array<ArrayBuffer>): Uint8Array {
  return file.subarray(144 + new DataView(file.buffer).getUint32(140, true));
}

const parse = (bytes: Uint8Array) => JSON.parse(new TextDecoder().decode(bytes));
const image = (uid: string) =>
  imageFile({
    rows: 64,
    columns: 64,
    pixels: Uint8Array.from({ length: 4096 }, (_, at) => (at * 7) & 0xff),
    uid,
  });

await Deno.mkdir(`${folder}/work`);
await Deno.mkdir(`${folder}/tmp`);
const dicomPort = freePort();
const { process, url, reader } = await serve(dicomPort);

const stored = parse(await ask(`${url}/instances`, { method: "POST", body: image("1.2.3.1") }));
const plain = `${url}/instances/${stored.ID}`;
const preview = await ask(`${plain}/preview`);
assert.deepEqual([...preview.subarray(0, 4)], PNG_SIGNATURE);

// The same image compressed: the codecs are in the executable.
const compressed = await ask(`${plain}/file?transcode=${JPEG_2000_LOSSLESS}`);
await ask(plain, { method: "DELETE" });
await Deno.writeFile(`${folder}/compressed.dcm`, compressed);
const remote = `ANY@127.0.0.1:${dicomPort}`;
assert.match(await succeed("echo", remote), /answered/);
assert.match(await succeed("send", `${folder}/compressed.dcm`, remote), /^1 sent, 0 failed/);
const [received] = parse(await ask(`${url}/instances`));
const kept = await ask(`${url}/instances/${received}/file`);
assert.deepEqual(dataSetOf(kept), dataSetOf(compressed));
assert.deepEqual(await ask(`${url}/instances/${received}/preview`), preview);

const metrics = new TextDecoder().decode(await ask(`${url}/tools/metrics-prometheus`));
assert.match(metrics, /^outpost_disk_free_bytes \d+ /m);
assert.match(metrics, /^orthanc_count_instances 1 /m);

const start = performance.now();
process.kill("SIGTERM");
const { success, code } = await process.status;
await reader.cancel();
assert.ok(success, `the server ends with ${code}`);
assert.ok(performance.now() - start < DRAIN_MS, "the server does not end in time");
assert.deepEqual([...Deno.readDirSync(`${folder}/tmp`)], [], "files are left among temporary ones");
assert.deepEqual([...Deno.readDirSync(`${folder}/work`)].map(({ name }) => name), [
  "OrthancStorage",
]);
assert.match(await succeed("--version"), /^outpost \d+\.\d+\.\d+ \(commit [0-9a-f]{12}/);
