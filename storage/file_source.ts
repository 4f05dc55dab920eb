import type { ByteSource } from "../core/bytes/source.ts";
import type { OpenFile } from "../core/ports.ts";

/** An open file with the methods of the port. */
export async function openSource(file: Deno.FsFile): Promise<OpenFile> {
  const { size } = await file.stat();
  return {
    ...fileSource(file, size),
    [Symbol.asyncDispose]: () => Promise.resolve(file.close()),
  };
}

/** A file as a source. Reads follow one another: a file has one position. */
export function fileSource(file: Deno.FsFile, size: number): ByteSource {
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
