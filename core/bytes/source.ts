/** Random access to the bytes of one file or buffer. */
export interface ByteSource {
  /** In bytes. */
  readonly size: number;
  /** The bytes from `at`, at most `length` and at least one unless `at` is the end. */
  read(at: number, length: number): Promise<Uint8Array>;
  /** The same into memory of the caller's, where the source can: the bytes from `at`. @returns how many */
  readInto?(at: number, target: Uint8Array): Promise<number>;
}

/** A source over bytes in memory. */
export function memorySource(bytes: Uint8Array): ByteSource {
  return {
    size: bytes.length,
    read: (at, length) => Promise.resolve(bytes.subarray(at, at + length)),
  };
}
