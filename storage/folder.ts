import { createHash, type Hash } from "node:crypto";
import { sha256Of, sha256OfBytes } from "../core/bytes/digest.ts";
import type { ByteSource } from "../core/bytes/source.ts";
import { DicomError } from "../core/errors.ts";
import type { FileStore, OpenFile, StagedFile, StoredSource } from "../core/ports.ts";
import { createFolders, type Lease } from "./folders.ts";
import { type HeadBuffer, takeHeadBuffer } from "./head_buffer.ts";
import { createDirectorySync } from "./directory_sync.ts";

/** Remembers, durably, in which folders files without a row may lie. */
export interface FolderJournal {
  openFolder(name: string): Promise<void>;
  closeFolder(name: string): Promise<void>;
  openFolders(): Promise<string[]>;
  /** UUIDs that begin with `prefix`, of files that have a row or are to be removed. */
  knownFiles(prefix: string): Promise<string[]>;
}

/** Suffix of a file that is still being written. */
const STAGED = ".part";
const UUID = /^[0-9a-f]{8}-[0-9a-f-]{27}$/;

/** Options of a folder of files. */
export interface FolderOptions {
  /** Path of `StorageDirectory`. */
  readonly root: string;
  readonly journal: FolderJournal;
  /** Whether to flush files and directories (option `SyncStorageArea`). */
  readonly sync: boolean;
}

/**
 * Files below one folder, as `ab/cd/abcd….` by UUID like Orthanc's. Files of a moment share a folder, so
 * that one flush of the directory serves many.
 */
export async function openFolder(
  { root, journal, sync }: FolderOptions,
): Promise<FileStore & Disposable> {
  await Deno.mkdir(root, { recursive: true });
  const folders = createFolders(root, journal, sync);
  const directorySync = createDirectorySync(sync);
  const pathOf = (uuid: string) => {
    if (!UUID.test(uuid)) {
      throw new DicomError("missing-file", "Cannot open file: its name is not a UUID");
    }
    return `${root}/${uuid.slice(0, 2)}/${uuid.slice(2, 4)}/${uuid}`;
  };

  return {
    async stage(bytes) {
      const lease = await folders.lease();
      try {
        return await writeStaged(bytes, { lease, path: pathOf(lease.uuid), sync, directorySync });
      } catch (error) {
        await lease.release();
        throw error;
      }
    },

    async open(uuid) {
      const path = pathOf(uuid);
      try {
        const file = await openIfThere(path) ?? await openIfThere(path + STAGED) ??
          await Deno.open(path); // its commit ended in between
        return await openSource(file);
      } catch (cause) {
        // One that is there but cannot be read is another failure: nothing may be concluded from it.
        const code = cause instanceof Deno.errors.NotFound ? "missing-file" : "internal";
        throw new DicomError(code, `Cannot open file ${uuid}`, { cause });
      }
    },

    async settle(uuid) {
      const path = pathOf(uuid);
      using file = await openIfThere(path + STAGED);
      if (file) await finish(file, path, sync);
      await directorySync(directoryOf(path)).catch(rethrowWriteError);
    },

    async remove(uuids) {
      const directories = new Set<string>();
      for (const path of uuids.map(pathOf)) {
        // In this order no commit that is under way can slip through.
        for (const name of [path + STAGED, path]) await Deno.remove(name).catch(ignoreMissing);
        directories.add(directoryOf(path));
      }
      await Promise.all([...directories].map((path) => directorySync(path).catch(ignoreMissing)));
    },

    recover: () => recover(root, journal),

    [Symbol.dispose]: () => directorySync[Symbol.dispose](),
  };
}

interface Target {
  readonly lease: Lease;
  readonly path: string;
  readonly sync: boolean;
  readonly directorySync: (directory: string) => Promise<void>;
}

/** Writes the bytes under a temporary name; `commit()` gives it its own. */
async function writeStaged(bytes: AsyncIterable<Uint8Array>, target: Target): Promise<StagedFile> {
  const { lease, path, sync, directorySync } = target;
  const partPath = path + STAGED;
  const file = await Deno.open(partPath, { createNew: true, read: true, write: true })
    .catch(rethrowWriteError);
  const head = takeHeadBuffer();
  const discard = async () => {
    head.release();
    file.close();
    await Deno.remove(partPath).catch(ignoreMissing);
  };
  try {
    const { size, sha256 } = await writePieces(file, bytes, head);
    let kept = false;
    return {
      file: { uuid: lease.uuid, size, sha256 },
      source: stagedSource(file, size, head.bytes),
      async commit() {
        kept = true;
        await finish(file, path, sync);
        await directorySync(directoryOf(path)).catch(rethrowWriteError);
      },
      async [Symbol.asyncDispose]() {
        if (kept) {
          head.release();
          file.close();
        } else await discard();
        await lease.release();
      },
    };
  } catch (error) {
    await discard();
    throw error;
  }
}

/** Makes the bytes durable, then gives them their name: what has a name is whole. */
async function finish(file: Deno.FsFile, path: string, sync: boolean): Promise<void> {
  if (sync) await file.syncData().catch(rethrowWriteError);
  // Without its temporary name it has been removed meanwhile.
  await Deno.rename(path + STAGED, path).catch(ignoreMissing).catch(rethrowWriteError);
}

/**
 * Hashes and writes bytes as they come. What fits into `head` is gathered there and written at once, hashed by
 * another thread meanwhile, so that most files take one write and can be read without the disk; the rest is
 * written chunk by chunk.
 */
async function writePieces(
  file: Deno.FsFile,
  bytes: AsyncIterable<Uint8Array>,
  head: HeadBuffer,
): Promise<{ readonly size: number; readonly sha256: string }> {
  let hash: Hash | undefined;
  let size = 0;
  for await (const chunk of bytes) {
    size += chunk.length;
    if (!hash && head.append(chunk)) continue;
    if (!hash) {
      hash = createHash("sha256").update(head.bytes);
      await writeAll(file, head.bytes);
    }
    hash.update(chunk);
    await writeAll(file, chunk);
  }
  if (hash) return { size, sha256: hash.digest("hex") };
  const [sha256] = await Promise.all([sha256OfBytes(head.bytes), writeAll(file, head.bytes)]);
  return { size, sha256 };
}

async function writeAll(file: Deno.FsFile, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) {
    at += await file.write(at === 0 ? bytes : bytes.subarray(at)).catch(rethrowWriteError);
  }
}

/** Reads from memory what is there, and from the file what is not. */
function stagedSource(file: Deno.FsFile, size: number, head: Uint8Array): ByteSource {
  const rest = fileSource(file, size);
  return {
    size,
    read: (at, length) =>
      at < head.length ? Promise.resolve(head.subarray(at, at + length)) : rest.read(at, length),
  };
}

async function openSource(file: Deno.FsFile): Promise<OpenFile> {
  const { size } = await file.stat();
  return {
    ...fileSource(file, size),
    [Symbol.asyncDispose]: () => Promise.resolve(file.close()),
  };
}

/** A file as a source. Reads follow one another: a file has one position. */
function fileSource(file: Deno.FsFile, size: number): ByteSource {
  let position = -1;
  let last: Promise<unknown> = Promise.resolve();
  const read = async (at: number, length: number) => {
    if (position !== at) await file.seek(at, Deno.SeekMode.Start);
    const bytes = new Uint8Array(Math.max(0, Math.min(length, size - at)));
    const count = bytes.length === 0 ? 0 : await file.read(bytes) ?? 0;
    position = at + count;
    return bytes.subarray(0, count);
  };
  return {
    size,
    read(at, length) {
      const next = last.then(() => read(at, length));
      last = next.catch(() => position = -1);
      return next;
    },
  };
}

/** Sweeps what was being written; yields the files that have neither a row nor a mark of removal. */
async function* recover(root: string, journal: FolderJournal): AsyncGenerator<StoredSource> {
  for (const folder of await journal.openFolders()) {
    const known = new Set(await journal.knownFiles(folder.replace("/", "")));
    for await (const { name } of readDirectory(`${root}/${folder}`)) {
      const path = `${root}/${folder}/${name}`;
      if (name.endsWith(STAGED)) await Deno.remove(path);
      else if (UUID.test(name) && !known.has(name)) {
        await using open = await openSource(await Deno.open(path));
        yield { file: { uuid: name, size: open.size, sha256: await sha256Of(open) }, source: open };
      }
    }
    await journal.closeFolder(folder);
  }
}

async function* readDirectory(path: string): AsyncGenerator<Deno.DirEntry> {
  try {
    yield* Deno.readDir(path);
  } catch (error) {
    ignoreMissing(error);
  }
}

function directoryOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/"));
}

async function openIfThere(path: string): Promise<Deno.FsFile | undefined> {
  try {
    return await Deno.open(path);
  } catch (error) {
    ignoreMissing(error);
  }
}

function ignoreMissing(error: unknown): void {
  if (!(error instanceof Deno.errors.NotFound)) throw error;
}

function rethrowWriteError(cause: unknown): never {
  const full = cause instanceof Error && /ENOSPC|EDQUOT|os error (28|122)/.test(cause.message);
  throw new DicomError(
    full ? "storage-full" : "cannot-write",
    full ? "Cannot store instance: the disk is full" : "Cannot store instance: writing failed",
    { cause },
  );
}
