/**
 * How fast the archive stores, without HTTP: a folder with flushes, an index behind workers.
 *
 *   deno run -A scripts/bench/store.ts [FOLDER]
 */

import { createExtract } from "../../core/archive/extract.ts";
import { createIngest } from "../../core/archive/ingest.ts";
import { DEFAULT_MAIN_TAGS } from "../../core/archive/resource.ts";
import { systemClock } from "../../core/clock.ts";
import { defaultCharacterSets } from "../../core/dicom/charset.ts";
import { openFolder } from "../../storage/folder.ts";
import { openWorkerIndex } from "../../storage/sqlite/worker_index.ts";
import { createInstanceMaker } from "./instances.ts";

const SECONDS = 2;
const SIZES = { "4 kB": [40, 40], "512 kB": [512, 512] } as const;
const CALLERS = [1, 8, 32];

const parent = Deno.args[0] ?? ".";
await Deno.mkdir(parent, { recursive: true });
for (const [name, [columns, rows]] of Object.entries(SIZES)) {
  for (const callers of CALLERS) {
    const { perSecond, middleMs } = await measure(callers, createInstanceMaker(columns, rows, "1"));
    console.log(
      `${name}, ${callers} at a time: ${perSecond} a second, ${middleMs} ms at the median`,
    );
  }
}

async function measure(callers: number, maker: ReturnType<typeof createInstanceMaker>) {
  const folder = await Deno.makeTempDir({ dir: parent, prefix: ".bench-" });
  try {
    return await measureIn(folder, callers, maker);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function measureIn(
  folder: string,
  callers: number,
  maker: ReturnType<typeof createInstanceMaker>,
) {
  await using index = await openWorkerIndex(`${folder}/index`);
  await using files = await openFolder({ root: folder, journal: index, sync: true });
  const ingest = createIngest({
    index,
    files,
    clock: systemClock,
    log: console.error,
    extract: createExtract({
      mainTags: DEFAULT_MAIN_TAGS,
      defaultSets: defaultCharacterSets("Latin1"),
      maximumInflated: 1e9,
    }),
    overwrite: "Never",
    stored() {},
  });
  const times: number[] = [];
  const end = performance.now() + SECONDS * 1000;
  const call = async () => {
    while (performance.now() < end) {
      const start = performance.now();
      await using staged = await files.stage(ReadableStream.from([maker.next()]));
      await ingest(staged, { kind: "recovery" });
      times.push(performance.now() - start);
    }
  };
  await Promise.all(Array.from({ length: callers }, call));
  times.sort((a, b) => a - b);
  return {
    perSecond: Math.round(times.length / SECONDS),
    middleMs: times[times.length >> 1]!.toFixed(2),
  };
}
