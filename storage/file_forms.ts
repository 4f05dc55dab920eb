import { DicomError } from "../core/errors.ts";
import type { OpenFile } from "../core/ports.ts";
import type { FileForms, RawFile } from "../core/ports/file_forms.ts";
import {
  COMPRESSED,
  openCompressed,
  openCompressedRaw,
  writeCompressed,
  writePlain,
} from "./compressed_files.ts";
import { ignoreMissing, rethrowWriteError } from "./failures.ts";
import type { FilePath } from "./paths.ts";

/** What changing the form of files needs. */
export interface FileFormsOptions {
  readonly pathOf: (uuid: string) => FilePath;
  /** A file that is not compressed, wherever it lies. */
  readonly openPlain: (uuid: string) => Promise<OpenFile | undefined>;
  /** Forgets a plain file that has no name of its own. */
  readonly dropKept: (uuid: string) => Promise<void>;
  readonly sync: boolean;
  readonly directorySync: (directory: string) => Promise<void>;
}

/** Compresses files in place. The new form is durable before the old one goes, so one is there at any time. */
export function createFileForms(options: FileFormsOptions): FileForms {
  const { pathOf, openPlain, dropKept, sync, directorySync } = options;

  async function openRaw(uuid: string): Promise<RawFile> {
    const plain = await openPlain(uuid);
    const file = plain ?? await openCompressedRaw(pathOf(uuid).final);
    if (file) return { ...file, compressed: !plain };
    throw new DicomError("missing-file", `Cannot open file ${uuid}`);
  }

  return {
    openRaw,

    async compress(uuid) {
      await using file = await openRaw(uuid);
      if (file.compressed) return;
      const { staged, final, directory } = pathOf(uuid);
      await writeCompressed(final, file, sync);
      await directorySync(directory).catch(rethrowWriteError);
      await dropKept(uuid);
      // In this order none that is being named can slip through.
      for (const name of [staged, final]) await Deno.remove(name).catch(ignoreMissing);
    },

    async uncompress(uuid) {
      const { final, directory } = pathOf(uuid);
      await using raw = await openRaw(uuid);
      const plain = raw.compressed ? await openCompressed(final) : undefined;
      if (!plain) return;
      await using file = plain;
      await writePlain(final, file, sync);
      await directorySync(directory).catch(rethrowWriteError);
      await Deno.remove(final + COMPRESSED).catch(ignoreMissing);
    },
  };
}
