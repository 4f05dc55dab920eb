import { DicomError } from "../core/errors.ts";
import type { Scratch, ScratchFile } from "../core/ports/scratch.ts";
import { ignoreMissing, rethrowWriteError } from "./failures.ts";
import { openSource } from "./file_source.ts";

/** Names are UUIDs. */
const NAME = /^[0-9a-f-]{36}$/;

/**
 * Files of passage in a folder of their own, which is emptied first, and made when something is written.
 * Disposal removes it.
 */
export async function openScratchFolder(path: string): Promise<Scratch & AsyncDisposable> {
  const clear = () => Deno.remove(path, { recursive: true }).catch(ignoreMissing);
  await clear();
  const pathOf = (name: string) => `${path}/${name}`;
  return {
    async create() {
      const name = crypto.randomUUID();
      try {
        await Deno.mkdir(path, { recursive: true, mode: 0o700 });
        return scratchFile(name, pathOf(name), await Deno.open(pathOf(name), CREATE));
      } catch (cause) {
        throw new DicomError("cannot-write", "Cannot write a file of passage", { cause });
      }
    },
    async open(name) {
      if (!NAME.test(name)) return undefined;
      try {
        return openSource(await Deno.open(pathOf(name)));
      } catch (error) {
        ignoreMissing(error);
        return undefined;
      }
    },
    async remove(name) {
      if (NAME.test(name)) await Deno.remove(pathOf(name)).catch(ignoreMissing);
    },
    [Symbol.asyncDispose]: clear,
  };
}

const CREATE = { createNew: true, write: true, mode: 0o600 } as const;

function scratchFile(name: string, path: string, file: Deno.FsFile): ScratchFile {
  let isKept = false;
  return {
    name,
    async write(bytes) {
      try {
        for (let at = 0; at < bytes.length;) at += await file.write(bytes.subarray(at));
      } catch (error) {
        rethrowWriteError(error);
      }
    },
    keep() {
      isKept = true;
    },
    async [Symbol.asyncDispose]() {
      file.close();
      if (!isKept) await Deno.remove(path).catch(ignoreMissing);
    },
  };
}
