import { sha256Of } from "../core/bytes/digest.ts";
import { memorySource } from "../core/bytes/source.ts";
import { DicomError } from "../core/errors.ts";
import type { FileStore, OpenFile, StagedFile, StoredSource } from "../core/ports.ts";
import type { FileForms } from "../core/ports/file_forms.ts";
import { COMPRESSED, openCompressed } from "./compressed_files.ts";
import { createDirectorySync, syncDirectory } from "./directory_sync.ts";
import { ignoreMissing, rethrowWriteError } from "./failures.ts";
import { createFileForms } from "./file_forms.ts";
import { openSource } from "./file_source.ts";
import { createFolders, type Lease } from "./folders.ts";
import type { GroupFlush } from "./group_flush.ts";
import { type KeptFiles, type KeptJournal, openKeptFiles } from "./kept_files.ts";
import { createPaths, type FilePath, parseName } from "./paths.ts";
import { receive, type Received } from "./staging.ts";
import { createLocalWriter } from "./writing/local_writer.ts";
import type { FileWriter } from "./writing/writer.ts";

/** Remembers, durably, in which folders files without a row may lie, and keeps small files. */
export interface FolderJournal extends KeptJournal {
  openFolder(name: string): Promise<void>;
  closeFolder(name: string): Promise<void>;
  openFolders(): Promise<string[]>;
  /** UUIDs that begin with `prefix`, of files that have a row or are to be removed. */
  knownFiles(prefix: string): Promise<string[]>;
}

/** Files up to so many bytes are kept in the journal at first. */
const SMALL = 32768;

/** Options of a folder of files. */
export interface FolderOptions {
  /** Path of `StorageDirectory`. */
  readonly root: string;
  readonly journal: FolderJournal;
  /** Whether to flush files and directories (option `SyncStorageArea`). */
  readonly sync: boolean;
  /** What makes files durable some time after their commit, in place of the commit. */
  readonly later?: GroupFlush;
  /** Files up to so many bytes, 65536 at most, are kept in the journal at first; 0 for none. */
  readonly small?: number;
  /** Writes the others; closed with the folder. By default the thread that calls does it. */
  readonly writer?: FileWriter;
}

/**
 * Files below one folder, as `ab/cd/abcd….` by UUID like Orthanc's. Files of a moment share a folder, so
 * that one flush of the directory serves many. Disposal waits until each has its name.
 */
export async function openFolder(
  { root, journal, sync, later, small = SMALL, writer = createLocalWriter() }: FolderOptions,
): Promise<FileStore & FileForms & AsyncDisposable> {
  await Deno.mkdir(root, { recursive: true });
  const folders = createFolders(root, journal, sync);
  const directorySync = createDirectorySync(sync);
  const pathOf = createPaths(root);
  const kept = await openKeptFiles({ journal, pathOf, writer, sync, syncDirectory: directorySync });
  const naming = createNaming();
  const flushed = sync && !later;
  const finish = { sync: flushed, directorySync, naming, later, writer };
  const openPlain = async (uuid: string) => {
    const path = pathOf(uuid);
    return await openKept(kept, uuid) ?? await openFile(path.final) ??
      await openFile(path.staged) ?? await openFile(path.final); // named in between
  };

  return {
    async stage(chunks) {
      const lease = await folders.lease();
      const path = pathOf(lease.uuid);
      const memory = kept.full ? 0 : small;
      try {
        const options = { path: path.staged, writer, memory, sync: flushed };
        const received = await receive(chunks, options);
        return received.flushed
          ? stagedFile(lease, received, { ...finish, path, flushed: received.flushed })
          : stagedInMemory(lease, received, { kept, later });
      } catch (error) {
        await Deno.remove(path.staged).catch(ignoreMissing);
        await lease.release();
        throw error;
      }
    },

    async open(uuid) {
      const path = pathOf(uuid);
      try {
        return await openPlain(uuid) ?? await openCompressed(path.final) ??
          openSource(await Deno.open(path.final)); // inflated in between
      } catch (cause) {
        // One that is there but cannot be read is another failure: nothing may be concluded from it.
        if (cause instanceof DicomError) throw cause;
        const code = cause instanceof Deno.errors.NotFound ? "missing-file" : "internal";
        throw new DicomError(code, `Cannot open file ${uuid}`, { cause });
      }
    },

    async settle(uuid) {
      if (kept.has(uuid)) return;
      const path = pathOf(uuid);
      if (sync) await flush(path);
      await giveName(path);
      await directorySync(path.directory).catch(rethrowWriteError);
    },

    async remove(uuids) {
      await kept.remove(uuids);
      const directories = new Set<string>();
      for (const { staged, final, directory } of uuids.map(pathOf)) {
        // In this order none that is being named can slip through.
        for (const name of [staged, final, final + COMPRESSED]) {
          await Deno.remove(name).catch(ignoreMissing);
        }
        directories.add(directory);
      }
      await Promise.all([...directories].map((path) => directorySync(path).catch(ignoreMissing)));
    },

    ...createFileForms({
      pathOf,
      openPlain,
      dropKept: (uuid) => kept.remove([uuid]),
      sync,
      directorySync,
    }),

    recover: () => recover({ root, journal, kept, pathOf, sync }),

    async [Symbol.asyncDispose]() {
      await naming.done();
      await kept[Symbol.asyncDispose]();
      await writer[Symbol.asyncDispose]();
      directorySync[Symbol.dispose]();
    },
  };
}

/** A small one, which has no file yet: the journal keeps it. */
function stagedInMemory(
  lease: Lease,
  received: Received,
  { kept, later }: { readonly kept: KeptFiles; readonly later: GroupFlush | undefined },
): StagedFile {
  const { size, sha256, source, bytes } = received;
  return {
    file: { uuid: lease.uuid, size, sha256 },
    source,
    commit: () => kept.keep(lease.uuid, bytes),
    ...(later && { durable: () => later.add() }),
    async [Symbol.asyncDispose]() {
      await received[Symbol.asyncDispose]();
      await lease.release();
    },
  };
}

interface Finish {
  readonly path: FilePath;
  readonly flushed: Promise<void>;
  readonly sync: boolean;
  readonly directorySync: (directory: string) => Promise<void>;
  readonly naming: Naming;
  readonly later: GroupFlush | undefined;
  readonly writer: FileWriter;
}

/** One in a file, which gets its final name after its commit, when nobody waits for it any more. */
function stagedFile(lease: Lease, received: Received, finish: Finish): StagedFile {
  const { path, flushed, sync, directorySync, naming, later, writer } = finish;
  const { size, sha256, source } = received;
  let stays = false;
  let durable = Promise.resolve();
  return {
    file: { uuid: lease.uuid, size, sha256 },
    source,
    async commit() {
      stays = true;
      if (later) durable = later.add(path);
      durable.catch(() => {}); // who asks is told
      await flushed;
      // The flush of a new file mostly takes its name along; then that of the directory has nothing to do.
      if (sync) await directorySync(path.directory).catch(rethrowWriteError);
    },
    ...(later && { durable: () => durable }),
    async [Symbol.asyncDispose]() {
      await received[Symbol.asyncDispose]();
      const names = { from: path.staged, to: path.final };
      const name = () => writer.rename(names).then(() => lease.release());
      if (stays) return naming.begin(durable.then(name)); // a file that has its name is whole
      await Deno.remove(path.staged).catch(ignoreMissing);
      await lease.release();
    },
  };
}

/** Files that are being given their final names. */
interface Naming {
  begin(work: Promise<void>): void;
  done(): Promise<void>;
}

function createNaming(): Naming {
  const running = new Set<Promise<void>>();
  return {
    begin(work) {
      // After a failure the folder stays open in the journal, so that the next start tries again.
      const settled = work.catch(() => {}).finally(() => running.delete(settled));
      running.add(settled);
    },
    async done() {
      while (running.size > 0) await Promise.all(running);
    },
  };
}

/** Without its temporary name it has been removed meanwhile, or has its final one. */
async function giveName(path: FilePath): Promise<void> {
  await Deno.rename(path.staged, path.final).catch(ignoreMissing).catch(rethrowWriteError);
}

async function flush(path: FilePath): Promise<void> {
  try {
    using file = await Deno.open(path.staged);
    await file.syncData().catch(rethrowWriteError);
  } catch (error) {
    ignoreMissing(error);
  }
}

async function openKept(kept: KeptFiles, uuid: string): Promise<OpenFile | undefined> {
  const bytes = kept.has(uuid) ? await kept.read(uuid) : undefined;
  if (!bytes) return undefined;
  return { ...memorySource(bytes), [Symbol.asyncDispose]: () => Promise.resolve() };
}

async function openFile(path: string): Promise<OpenFile | undefined> {
  try {
    return openSource(await Deno.open(path));
  } catch (error) {
    ignoreMissing(error);
  }
}

interface Leftovers {
  readonly root: string;
  readonly journal: FolderJournal;
  readonly kept: KeptFiles;
  readonly pathOf: (uuid: string) => FilePath;
  readonly sync: boolean;
}

/**
 * Sweeps what was being written, names what has a row, and yields the files that have neither a row nor a mark
 * of removal.
 */
async function* recover(leftovers: Leftovers): AsyncGenerator<StoredSource> {
  const { root, journal, kept, pathOf, sync } = leftovers;
  for (const uuid of kept.list()) {
    if ((await journal.knownFiles(uuid)).length > 0) continue;
    await using open = await openKept(kept, uuid);
    if (open) yield { file: { uuid, size: open.size, sha256: await sha256Of(open) }, source: open };
  }
  for (const folder of await journal.openFolders()) {
    const known = new Set(await journal.knownFiles(folder.replace("/", "")));
    for await (const { name } of readDirectory(`${root}/${folder}`)) {
      const entry = parseName(name);
      if (!entry) continue;
      const { uuid, staged } = entry;
      if (known.has(uuid)) await giveName(pathOf(uuid));
      else if (staged) await Deno.remove(`${root}/${folder}/${name}`);
      else if (!kept.has(uuid)) yield* orphan(uuid, pathOf(uuid).final);
    }
    if (sync) await syncDirectory(`${root}/${folder}`).catch(ignoreMissing);
    await journal.closeFolder(folder);
  }
}

async function* orphan(uuid: string, path: string): AsyncGenerator<StoredSource> {
  await using open = openSource(await Deno.open(path));
  yield { file: { uuid, size: open.size, sha256: await sha256Of(open) }, source: open };
}

async function* readDirectory(path: string): AsyncGenerator<Deno.DirEntry> {
  try {
    yield* Deno.readDir(path);
  } catch (error) {
    ignoreMissing(error);
  }
}
