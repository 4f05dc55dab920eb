import { DicomError } from "../core/errors.ts";
import type { AuditStore } from "../core/ports/audit_store.ts";
import { syncDirectory } from "./directory_sync.ts";
import { ignoreMissing } from "./failures.ts";

/** Where the log lies, and how large it may be. */
export interface AuditFolderOptions {
  readonly path: string;
  /** When there is more, the oldest file goes; in bytes. */
  readonly keptBytes: number;
  /** A file that has grown to this size is followed by a new one; in bytes. */
  readonly fileBytes?: number;
}

const FILE_BYTES = 4 * 1024 * 1024;
/** Longest line, in bytes. */
const LINE_BYTES = 256 * 1024;
/** A file is named for the number of its first line. */
const FILE_NAME = /^(\d{15})\.jsonl$/;
const LF = 0x0a;

/** The file that grows. */
interface OpenFile {
  readonly file: Deno.FsFile;
  size: number;
}

/**
 * Opens the folder of an audit log, made if it is not there. What a crash has left of a line at the end is cut off: nobody
 * was told that it was written.
 *
 * @throws DicomError `cannot-write`
 */
export async function openAuditFolder(options: AuditFolderOptions): Promise<AuditStore> {
  const { path, keptBytes, fileBytes = FILE_BYTES } = options;
  await Deno.mkdir(path, { recursive: true, mode: 0o700 }).catch(cannotWrite);
  const newest = (await auditFiles(path)).at(-1);
  let open = newest === undefined
    ? undefined
    : await openFile(`${path}/${newest}`).catch(cannotWrite);
  let last = open && await cutToLastLine(open).catch(cannotWrite);

  async function startFile(first: number): Promise<OpenFile> {
    await open?.file.sync();
    const next = await newFile(path, `${String(first).padStart(15, "0")}.jsonl`);
    open?.file.close();
    open = next; // also if what follows fails
    await dropOldest(path, keptBytes - fileBytes);
    return next;
  }

  return {
    lastLine: () => Promise.resolve(last),

    async append(lines, first) {
      if (lines.length === 0) return;
      try {
        const to = open && open.size < fileBytes ? open : await startFile(first);
        await writeWhole(to, new TextEncoder().encode(lines.map((line) => `${line}\n`).join("")));
        last = lines.at(-1);
      } catch (error) {
        cannotWrite(error);
      }
    },

    sync: async () => void await open?.file.syncData().catch(cannotWrite),
    lines: (from) => auditLines(path, from),

    [Symbol.asyncDispose]() {
      open?.file.close();
      return Promise.resolve();
    },
  };
}

/**
 * Lines of the log in a folder, which may be in use: all of the file that has number `from`, and of those after it.
 *
 * @throws DicomError `corrupted-file` for a line that is too long
 */
export async function* auditLines(path: string, from: number): AsyncGenerator<string> {
  const files = await auditFiles(path);
  const start = files.findLastIndex((name) => Number(FILE_NAME.exec(name)![1]) <= from);
  for (const name of files.slice(Math.max(0, start))) {
    const file = await Deno.open(`${path}/${name}`).catch(ignoreMissing); // it may have been dropped just now
    if (file) yield* linesOf(file.readable);
  }
}

/** The lines that are whole. */
async function* linesOf(bytes: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  let rest = "";
  for await (const text of bytes.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop()!; // split() gives at least one
    yield* lines;
    if (rest.length > LINE_BYTES) {
      throw new DicomError("corrupted-file", "Cannot read the audit log: a line is too long");
    }
  }
}

/** Names of the files of a log, in order; none if the folder is not there. */
export async function auditFiles(path: string): Promise<string[]> {
  const names: string[] = [];
  try {
    for await (const { name } of Deno.readDir(path)) if (FILE_NAME.test(name)) names.push(name);
  } catch (error) {
    ignoreMissing(error);
  }
  return names.sort();
}

async function openFile(path: string): Promise<OpenFile> {
  const how = { read: true, append: true, create: true, mode: 0o600 };
  const file = await Deno.open(path, how);
  return { file, size: (await file.stat()).size };
}

/** A file whose name is durable, too. */
async function newFile(folder: string, name: string): Promise<OpenFile> {
  const next = await openFile(`${folder}/${name}`);
  try {
    await syncDirectory(folder);
    return next;
  } catch (error) {
    next.file.close();
    throw error;
  }
}

/** Cuts off what follows the last line end. @returns the line before it */
async function cutToLastLine(open: OpenFile): Promise<string | undefined> {
  const tail = new Uint8Array(Math.min(open.size, 2 * LINE_BYTES));
  const start = open.size - tail.length;
  await open.file.seek(start, Deno.SeekMode.Start);
  for (let at = 0; at < tail.length;) at += await open.file.read(tail.subarray(at)) ?? tail.length;
  const end = tail.lastIndexOf(LF);
  await truncate(open, start + end + 1);
  if (end < 0) return undefined;
  const before = tail.subarray(0, end);
  return new TextDecoder().decode(before.subarray(before.lastIndexOf(LF) + 1));
}

async function writeWhole(open: OpenFile, bytes: Uint8Array): Promise<void> {
  try {
    for (let at = 0; at < bytes.length;) at += await open.file.write(bytes.subarray(at));
    open.size += bytes.length;
  } catch (error) {
    await truncate(open, open.size);
    throw error;
  }
}

async function truncate(open: OpenFile, size: number): Promise<void> {
  await open.file.truncate(size);
  open.size = size;
}

/** Removes old files until the others hold `bytes` at most; the newest stays. */
async function dropOldest(path: string, bytes: number): Promise<void> {
  const files = await auditFiles(path);
  const sizes = await Promise.all(
    files.map(async (name) => (await Deno.stat(`${path}/${name}`)).size),
  );
  let total = sizes.reduce((sum, size) => sum + size, 0);
  for (const [at, name] of files.slice(0, -1).entries()) {
    if (total <= bytes) return;
    await Deno.remove(`${path}/${name}`);
    total -= sizes[at]!;
  }
}

function cannotWrite(cause: unknown): never {
  throw new DicomError("cannot-write", "Cannot write the audit log", { cause });
}
