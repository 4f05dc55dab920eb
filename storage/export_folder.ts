import { join } from "node:path";
import { DicomError } from "../core/errors.ts";
import type { Clock } from "../core/ports.ts";
import type { ExportFolder } from "../core/ports/export_folder.ts";
import { syncDirectory } from "./directory_sync.ts";
import { ignoreMissing, rethrowWriteError } from "./failures.ts";
import { openSource } from "./file_source.ts";

/** Names of files that are being written; others pass over them. */
const PARTIAL = /^\.outpost-[0-9a-f-]{36}\.part$/;
/** A partial file that is older is of a process that ended. */
const LEFT_BEHIND_MS = 24 * 3600 * 1000;

/** A folder at `root`, which must be there when files are put. */
export function openExportFolder(root: string, clock: Clock): ExportFolder {
  const swept = new Set<string>();

  async function write(path: string, bytes: AsyncIterable<Uint8Array>, signal: AbortSignal) {
    using file = await Deno.open(path, { write: true, createNew: true }).catch(rethrowWriteError);
    for await (const piece of bytes) {
      signal.throwIfAborted();
      for (let at = 0; at < piece.length;) {
        at += await file.write(piece.subarray(at)).catch(rethrowWriteError);
      }
    }
    await file.sync().catch(rethrowWriteError);
  }

  /** Makes the folders of a path and flushes their names. @returns the innermost */
  async function prepare(names: readonly string[]): Promise<string> {
    let directory = root;
    for (const name of names) {
      const parent = directory;
      directory = join(parent, name);
      if (await isMade(directory)) await syncDirectory(parent).catch(rethrowWriteError);
    }
    if (!swept.has(directory)) await sweep(directory, clock.now() - LEFT_BEHIND_MS);
    swept.add(directory);
    return directory;
  }

  return {
    async put(path, bytes, signal) {
      await checkFolder(root);
      const directory = await prepare(path.slice(0, -1));
      const partial = join(directory, `.outpost-${crypto.randomUUID()}.part`);
      try {
        await write(partial, bytes, signal);
        await Deno.rename(partial, join(directory, path.at(-1)!)).catch(rethrowWriteError);
      } catch (error) {
        await Deno.remove(partial).catch(ignoreMissing);
        throw error;
      }
      await syncDirectory(directory).catch(rethrowWriteError);
    },

    async open(path) {
      try {
        return openSource(await Deno.open(join(root, ...path)));
      } catch (cause) {
        throw new DicomError("missing-file", "Cannot open exported file", { cause });
      }
    },

    check: () => checkFolder(root),
  };
}

async function checkFolder(root: string): Promise<void> {
  const info = await Deno.stat(root).catch(() => undefined);
  if (info?.isDirectory) return;
  throw new DicomError("cannot-write", `Cannot export: the folder ${root} is not there`);
}

/** Makes a directory. @returns whether it was not there */
async function isMade(path: string): Promise<boolean> {
  try {
    await Deno.mkdir(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists) return false;
    return rethrowWriteError(error);
  }
}

/** Removes partial files that were last written before `before`, in milliseconds since 1970. */
async function sweep(directory: string, before: number): Promise<void> {
  for await (const { name } of Deno.readDir(directory)) {
    if (!PARTIAL.test(name)) continue;
    const path = join(directory, name);
    const { mtime } = await Deno.stat(path);
    if (mtime && mtime.getTime() < before) await Deno.remove(path).catch(ignoreMissing);
  }
}
