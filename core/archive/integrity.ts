import { sha256Of } from "../bytes/digest.ts";
import { DicomError } from "../errors.ts";
import type { FileStore, Index } from "../ports.ts";
import type { FileRow, FoundFile } from "../ports/inventory.ts";
import { concurrently } from "./concurrently.ts";
import { adopt, type Adoption, knownFolders, type RebuildPorts } from "./rebuild.ts";

/** Rows asked of the index at a time. */
const PAGE = 500;
/** Files that are compared at the same time. */
const CONCURRENCY = 4;

/** What comparing index and files needs. */
export interface IntegrityPorts extends RebuildPorts {
  readonly index: RebuildPorts["index"] & Pick<Index, "removeFile">;
  readonly files: Pick<FileStore, "open">;
}

/** What to compare, and what to do about what is wrong. */
export interface IntegrityOptions {
  /** Only sizes, not digests. */
  readonly quick: boolean;
  /** Indexes files without a row, and removes what is left over. */
  readonly repair: boolean;
  /** Drops rows whose file is missing. What they say is lost, so this is asked for by itself. */
  readonly dropMissing: boolean;
}

/** Something that is not as it should be. */
export type Finding =
  | { readonly kind: "index"; readonly fact: string }
  /** Of `missing` the file is not there, of `damaged` it is not what was stored. */
  | { readonly kind: "missing" | "damaged"; readonly row: FileRow; readonly repaired: boolean }
  /** A complete file without a row. */
  | { readonly kind: "orphan"; readonly file: FoundFile; readonly became: Adoption | undefined }
  /** A file that was being written when the process ended. */
  | { readonly kind: "leftover"; readonly file: FoundFile; readonly repaired: boolean };

/** What was looked at. */
export interface Checked {
  readonly rows: number;
  readonly files: number;
}

/** Whether something is still wrong after it was found. */
export function isOpen(finding: Finding): boolean {
  if (finding.kind === "index") return true;
  return finding.kind === "orphan" ? finding.became !== "indexed" : !finding.repaired;
}

/** Compares the index with the files, both ways. Nothing else may use them meanwhile. */
export async function checkIntegrity(
  ports: IntegrityPorts,
  options: IntegrityOptions,
  report: (finding: Finding) => void,
): Promise<Checked> {
  for (const fact of await ports.index.faults()) report({ kind: "index", fact });
  let rows = 0;
  await concurrently(allRows(ports), CONCURRENCY, async (row) => {
    rows++;
    const kind = await compareFile(ports.files, row, options);
    if (!kind) return;
    const repaired = kind === "missing" && options.dropMissing && await drop(ports, row);
    report({ kind, row, repaired });
  });
  const files = await checkFiles(ports, options, report);
  return { rows, files };
}

async function* allRows({ index }: IntegrityPorts): AsyncGenerator<FileRow> {
  for (let after = "";;) {
    const page = await index.fileRows({ after, limit: PAGE });
    yield* page;
    if (page.length < PAGE) return;
    after = page.at(-1)!.uuid;
  }
}

/** What is wrong with the file of a row, if anything is. */
export async function compareFile(
  files: Pick<FileStore, "open">,
  { uuid, size, sha256 }: FileRow,
  { quick }: Pick<IntegrityOptions, "quick"> = { quick: false },
): Promise<"missing" | "damaged" | undefined> {
  try {
    await using open = await files.open(uuid);
    const same = open.size === size && (quick || await sha256Of(open) === sha256);
    return same ? undefined : "damaged";
  } catch (error) {
    if (!(error instanceof DicomError)) throw error;
    return error.code === "missing-file" ? "missing" : "damaged";
  }
}

/** @returns true, as the row is gone then */
async function drop({ index }: IntegrityPorts, { uuid }: FileRow): Promise<true> {
  if (!await index.removeFile(uuid)) await index.dropAttachment(uuid);
  return true;
}

/** Looks for files without a row. @returns how many files there are */
async function checkFiles(
  ports: IntegrityPorts,
  { repair }: IntegrityOptions,
  report: (finding: Finding) => void,
): Promise<number> {
  let count = 0;
  for await (const { files, known } of knownFolders(ports)) {
    count += files.length;
    for (const file of files) {
      if (!isStray(file, known)) continue;
      if (file.complete) {
        report({ kind: "orphan", file, became: repair ? await adopt(ports, file) : undefined });
      } else {
        if (repair) await ports.inventory.removeLeftover(file);
        report({ kind: "leftover", file, repaired: repair });
      }
    }
  }
  return count;
}

/** Whether a file is none of those that the index knows; one of passage is left over even if it is of such a file. */
export function isStray({ path, uuid }: FoundFile, known: ReadonlySet<string>): boolean {
  return path.endsWith(".tmp") || !known.has(uuid);
}
