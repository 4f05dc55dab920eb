/**
 * How fast the index is made anew: writes a folder of files as an archive has them, and has `outpost rebuild` read it.
 *
 *   deno run -A scripts/rebuild_rate.ts [FILES] [BYTES]
 */

import { instanceFile } from "../tests/support/instances.ts";

const FILES = Number(Deno.args[0] ?? 10_000);
const BYTES = Number(Deno.args[1] ?? 4096);
const PER_SERIES = 100;
const MAIN = new URL("../main.ts", import.meta.url).pathname;

/** Instance `number` of an archive of studies with one series each. */
function fileOf(number: number): Uint8Array<ArrayBuffer> {
  const study = Math.floor(number / PER_SERIES);
  return instanceFile({
    PatientID: `P${study}`,
    StudyInstanceUID: `1.2.${study}`,
    SeriesInstanceUID: `1.2.${study}.1`,
    SOPInstanceUID: `1.2.${study}.1.${number}`,
    PixelData: new Uint8Array(BYTES),
  });
}

async function fill(folder: string): Promise<void> {
  for (let number = 0; number < FILES; number++) {
    const uuid = crypto.randomUUID();
    const directory = `${folder}/${uuid.slice(0, 2)}/${uuid.slice(2, 4)}`;
    await Deno.mkdir(directory, { recursive: true });
    await Deno.writeFile(`${directory}/${uuid}`, fileOf(number));
  }
}

const folder = await Deno.makeTempDir();
try {
  await fill(`${folder}/data`);
  const config = JSON.stringify({ StorageDirectory: `${folder}/data` });
  await Deno.writeTextFile(`${folder}/config.json`, config);
  const start = performance.now();
  const { success } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", MAIN, "rebuild", `${folder}/config.json`],
  }).spawn().status;
  const seconds = (performance.now() - start) / 1000;
  const rate = Math.round(FILES / seconds).toLocaleString("en");
  console.log(`${rate} files a second, with the start of the process (${seconds.toFixed(1)} s)`);
  if (!success) Deno.exitCode = 1;
} finally {
  await Deno.remove(folder, { recursive: true });
}
