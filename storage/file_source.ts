import type { ByteSource } from "../core/bytes/source.ts";
import type { OpenFile } from "../core/ports.ts";

/** A file that was just opened, with the methods of the port. */
export function openSource(file: Deno.FsFile): OpenFile {
  const { size } = file.statSync(); // of an open file it waits for nothing
  return {
    ...fileSource(file, size, 0),
    [Symbol.asyncDispose]: () => Promise.resolve(file.close()),
  };
}

/**
 * A file as a source. Reads follow one another: a file has one position.
 *
 * @param position where it is; -1 if that is not known
 */
export function fileSource(file: Deno.FsFile, size: number, position = -1): ByteSource {
  let last: Promise<unknown> = Promise.resolve();
  const fill = async (at: number, target: Uint8Array) => {
    if (position !== at) await file.seek(at, Deno.SeekMode.Start);
    const count = target.length === 0 ? 0 : await file.read(target) ?? 0;
    position = at + count;
    return count;
  };
  const readInto = (at: number, target: Uint8Array) => {
    const wanted = target.subarray(0, Math.max(0, Math.min(target.length, size - at)));
    const next = last.then(() => fill(at, wanted));
    last = next.catch(() => position = -1);
    return next;
  };
  return {
    size,
    readInto,
    async read(at, length) {
      const bytes = new Uint8Array(Math.max(0, Math.min(length, size - at)));
      return bytes.subarray(0, await readInto(at, bytes));
    },
  };
}
