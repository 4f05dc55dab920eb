/**
 * Writes archives of more than 65,535 files and of more than 4 GB, and has other programs read them:
 *
 *   deno run -A scripts/big_archive.ts [--folder /tmp]
 *
 * It needs 5 GB of disk, `unzip` and `python3`.
 */
import { parseArgs } from "node:util";
import { zipArchive, zipLength, type ZipMember } from "../core/archive/zip_writer.ts";

const GB = 1e9;
const PIECE = new Uint8Array(1048576).map((_, at) => at * 31);

/** Archives by name: the sizes of their members. */
const ARCHIVES: Readonly<Record<string, readonly number[]>> = {
  "70,000 files": Array.from({ length: 70_000 }, (_, index) => index % 100),
  "one file of 4.4 GB, others before and behind it": [10, 4.4 * GB, 20, 5_000_000, 30],
};

/** Judges of an archive; they must end well. */
const READERS: readonly (readonly [program: string, ...args: string[]])[] = [
  ["unzip", "-tqq"],
  [
    "python3",
    "-c",
    "import sys, zipfile; sys.exit(zipfile.ZipFile(sys.argv[1]).testzip() is not None)",
  ],
];

async function* bytesOf(size: number): AsyncGenerator<Uint8Array> {
  for (let left = size; left > 0; left -= PIECE.length) {
    yield PIECE.subarray(0, Math.min(left, PIECE.length));
  }
}

async function* membersOf(sizes: readonly number[], isKnown: boolean): AsyncGenerator<ZipMember> {
  for (const [index, size] of sizes.entries()) {
    yield { name: nameOf(index), size: isKnown ? size : undefined, bytes: bytesOf(size) };
  }
}

function nameOf(index: number): string {
  return `folder ${index % 10}/file ${index}`;
}

async function check(path: string, sizes: readonly number[], isKnown: boolean): Promise<void> {
  const options = { comment: "big", modifiedAt: Date.now() };
  const started = performance.now();
  using file = await Deno.create(path);
  let length = 0;
  for await (const piece of zipArchive(membersOf(sizes, isKnown), options)) {
    for (let at = 0; at < piece.length;) at += await file.write(piece.subarray(at));
    length += piece.length;
  }
  const seconds = (performance.now() - started) / 1000;
  console.log(`${length} bytes in ${seconds.toFixed(1)} s, ${Deno.memoryUsage().rss >> 20} MB`);
  const named = sizes.map((size, index) => ({ name: nameOf(index), size }));
  if (isKnown && length !== zipLength(named, options.comment)) throw new Error("wrong length");
  for (const [program, ...args] of READERS) {
    const { code } = await new Deno.Command(program, { args: [...args, path] }).output();
    console.log(`${program}: ${code === 0 ? "fine" : `ended with ${code}`}`);
    if (code !== 0) Deno.exitCode = 1;
  }
}

const { values } = parseArgs({ options: { folder: { type: "string", default: "/tmp" } } });
const folder = await Deno.makeTempDir({ dir: values.folder, prefix: "big-archive-" });
try {
  for (const [name, sizes] of Object.entries(ARCHIVES)) {
    for (const isKnown of [true, false]) {
      console.log(`${name}, sizes ${isKnown ? "" : "un"}known`);
      await check(`${folder}/big.zip`, sizes, isKnown);
    }
  }
} finally {
  await Deno.remove(folder, { recursive: true });
}
