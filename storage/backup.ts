import type { DatabaseSync } from "node:sqlite";
import { DicomError } from "../core/errors.ts";
import type { BackupTarget, Taken } from "../core/ports/backup_target.ts";
import { copyAuditLog } from "./audit_backup.ts";
import { COMPRESSED } from "./compressed_files.ts";
import { syncDirectory } from "./directory_sync.ts";
import { ignoreMissing, rethrowWriteError } from "./failures.ts";
import { createInventory } from "./inventory.ts";
import { lockFolder } from "./lock.ts";
import { createPaths, type FilePath } from "./paths.ts";
import { openDatabase, transaction } from "./sqlite/database.ts";
import { createMethods } from "./sqlite/methods.ts";

/** What to back up, and where to. */
export interface BackupOptions {
  /** Path of the index. */
  readonly index: string;
  /** Folder of files. */
  readonly files: string;
  /** Folder of the audit log, which need not be there. */
  readonly audit: string;
  /** Folder of the backup; what an earlier one left there is used again. */
  readonly target: string;
  /** Whether files are to be copied where links would do. */
  readonly copy: boolean;
}

/** Names of index and audit log, in the archive and in its backups. */
const INDEX = "outpost.sqlite";
const AUDIT = "outpost.audit";

/**
 * Begins a backup by copying the index as it is at this moment; the server may run. Files never change, so a hard
 * link to one is as good as a copy, but for a failure of the disk.
 *
 * @throws DicomError `configuration` if the target is in use, `database` if the index cannot be copied
 */
export async function openBackup(options: BackupOptions): Promise<BackupTarget> {
  await using stack = new AsyncDisposableStack();
  const { target } = options;
  await Deno.mkdir(target, { recursive: true, mode: 0o700 });
  stack.use(await lockFolder(target));
  const snapshot = `${target}/${INDEX}.new`;
  await copyIndex(options.index, snapshot);
  const db = stack.adopt(openDatabase(snapshot), (open) => {
    if (open.isOpen) open.close();
  });
  const methods = createMethods(db);
  const kept = new Set(methods.keptFiles());
  const directories = new Set<string>();
  const take = createTake(options, directories);
  const locked = stack.move();

  return {
    fileRows: methods.fileRows,
    take: (uuid) => kept.has(uuid) ? Promise.resolve("already there") : take(uuid),
    drop: (uuid) =>
      transaction(db, () => void (methods.removeFile(uuid) ?? methods.dropAttachment(uuid))),
    prune: () => prune(target),
    async finish() {
      for (const path of directories) await syncDirectory(path);
      db.close(); // which empties the write-ahead log
      await nameIndex(snapshot, `${target}/${INDEX}`);
      await copyAuditLog(options.audit, `${target}/${AUDIT}`);
    },
    [Symbol.asyncDispose]: () => locked.disposeAsync(),
  };
}

async function copyIndex(from: string, to: string): Promise<void> {
  for (const suffix of ["", "-wal", "-shm"]) await Deno.remove(to + suffix).catch(ignoreMissing);
  let db: DatabaseSync | undefined;
  try {
    await Deno.stat(from);
    db = openDatabase(from, "read-only");
    db.prepare("VACUUM INTO ?").run(to);
  } catch (cause) {
    throw new DicomError("database", `Cannot copy the index ${from}`, { cause });
  } finally {
    db?.close();
  }
}

/** In place of that of an earlier backup, of which no log may be left. */
async function nameIndex(snapshot: string, final: string): Promise<void> {
  using file = await Deno.open(snapshot, { read: true, write: true });
  await file.sync().catch(rethrowWriteError);
  for (const suffix of ["-wal", "-shm"]) await Deno.remove(final + suffix).catch(ignoreMissing);
  await Deno.rename(snapshot, final);
  await syncDirectory(final.replace(/\/[^/]*$/, ""));
}

/** Makes the function that links or copies one file; `directories` gets those that are to be flushed. */
function createTake(options: BackupOptions, directories: Set<string>) {
  const [sourceOf, targetOf] = [createPaths(options.files), createPaths(options.target)];

  return async (uuid: string): Promise<Taken> => {
    const [source, target] = [sourceOf(uuid), targetOf(uuid)];
    if (await isThere(target)) return "already there";
    await Deno.mkdir(target.directory, { recursive: true });
    directories.add(target.directory);
    const forms = [
      [source.final, target.final],
      [source.staged, target.final],
      [source.final + COMPRESSED, target.final + COMPRESSED],
      [source.final, target.final], // it has been named or inflated in between
    ] as const;
    for (const [from, to] of forms) {
      const taken = await takeOne(from, to, options.copy);
      if (taken) return taken;
    }
    return "missing";
  };
}

async function isThere({ final }: FilePath): Promise<boolean> {
  for (const path of [final, final + COMPRESSED]) {
    if (await Deno.stat(path).then(() => true, ignoreMissing)) return true;
  }
  return false;
}

/** Undefined if the file is not there. */
async function takeOne(from: string, to: string, copy: boolean): Promise<Taken | undefined> {
  try {
    if (!copy && await link(from, to)) return "linked";
    const passing = `${to}.${crypto.randomUUID()}.tmp`;
    await Deno.copyFile(from, passing);
    {
      using file = await Deno.open(passing, { read: true, write: true });
      await file.syncData();
    }
    await Deno.rename(passing, to);
    return "copied";
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    return rethrowWriteError(error);
  }
}

/** @returns false where links cannot be made, as to another file system */
async function link(from: string, to: string): Promise<boolean> {
  try {
    await Deno.link(from, to);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) throw error;
    return false;
  }
}

/** Removes what the finished backup does not know. */
async function prune(target: string): Promise<number> {
  using db = openDatabase(`${target}/${INDEX}`);
  const { knownFiles } = createMethods(db);
  const inventory = createInventory(target);
  let count = 0;
  for await (const { prefix, files } of inventory.folders()) {
    const known = new Set(knownFiles(prefix));
    for (const file of files) {
      if (file.complete && known.has(file.uuid)) continue;
      await inventory.removeLeftover(file);
      count++;
    }
  }
  return count;
}
