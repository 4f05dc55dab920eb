import { type ByteSource, memorySource } from "../../core/bytes/source.ts";

/** A source that counts the bytes that are read from it. */
export interface CountingSource extends ByteSource {
  readonly bytesRead: number;
}

/** `bytes` as a source that counts, and that gives at most `most` bytes at a time. */
export function countingSource(bytes: Uint8Array, most = Infinity): CountingSource {
  const source = memorySource(bytes);
  let bytesRead = 0;
  return {
    size: source.size,
    get bytesRead() {
      return bytesRead;
    },
    async read(at, length) {
      const part = await source.read(at, Math.min(length, most));
      bytesRead += part.length;
      return part;
    },
  };
}

/** `head`, and behind it zeros up to `size` bytes, which take no memory. */
export function sparseSource(head: Uint8Array, size: number): CountingSource {
  let bytesRead = 0;
  return {
    size,
    get bytesRead() {
      return bytesRead;
    },
    read(at, length) {
      const bytes = new Uint8Array(Math.min(length, size - at));
      bytes.set(head.subarray(at, at + bytes.length));
      bytesRead += bytes.length;
      return Promise.resolve(bytes);
    },
  };
}
