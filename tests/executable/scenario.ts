/**
 * Runs an executable through what people do with it, from an empty folder. Its arguments are such a folder, the
 * executable that sends, and the command that serves; it ends with a failure that says what is wrong.
 */
import assert from "node:assert/strict";
import { imageFile } from "../support/images.ts";
import { freePort } from "../support/peer.ts";
import { ask, askJson, createRunner, dataSetOf } from "./runner.ts";

const JPEG_2000_LOSSLESS = "1.2.840.10008.1.2.4.90";
const PNG_SIGNATURE = [0x89, 0x50, 0x4e, 0x47];

const [folder, client, ...command] = Deno.args as [string, string, ...string[]];
const image = imageFile({
  rows: 64,
  columns: 64,
  pixels: Uint8Array.from({ length: 4096 }, (_, at) => (at * 7) & 0xff),
  uid: "1.2.3.1",
});

const { serve, succeed } = createRunner(folder);
const dicomPort = freePort();
const { url, stop } = await serve(...command, "--dicom-port", String(dicomPort));

const stored = await askJson<{ ID: string }>(`${url}/instances`, { method: "POST", body: image });
const plain = `${url}/instances/${stored.ID}`;
const preview = await ask(`${plain}/preview`);
assert.deepEqual([...preview.subarray(0, 4)], PNG_SIGNATURE);

// The same image compressed: the codecs are in the executable.
const compressed = await ask(`${plain}/file?transcode=${JPEG_2000_LOSSLESS}`);
await ask(plain, { method: "DELETE" });
await Deno.writeFile(`${folder}/compressed.dcm`, compressed);
const remote = `ANY@127.0.0.1:${dicomPort}`;
assert.match(await succeed(client, "echo", remote), /answered/);
assert.match(
  await succeed(client, "send", `${folder}/compressed.dcm`, remote),
  /^1 sent, 0 failed/,
);
const [received] = await askJson<string[]>(`${url}/instances`);
const kept = await ask(`${url}/instances/${received}/file`);
assert.deepEqual(dataSetOf(kept), dataSetOf(compressed));
assert.deepEqual(await ask(`${url}/instances/${received}/preview`), preview);

const metrics = new TextDecoder().decode(await ask(`${url}/tools/metrics-prometheus`));
assert.match(metrics, /^outpost_disk_free_bytes \d+ /m);
assert.match(metrics, /^orthanc_count_instances 1 /m);

await stop();
assert.deepEqual([...Deno.readDirSync(`${folder}/tmp`)], [], "files are left among temporary ones");
assert.deepEqual([...Deno.readDirSync(`${folder}/work`)].map(({ name }) => name), [
  "OrthancStorage",
]);
assert.match(await succeed(client, "--version"), /^outpost \d+\.\d+\.\d+ \(commit [0-9a-f]{12}/);
