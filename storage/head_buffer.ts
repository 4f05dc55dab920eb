/** So many bytes of a file are gathered in memory before they are written. */
const HEAD = 1048576;
/** Smaller buffers for small files are not worth keeping. */
const SMALL = 65536;
/** Buffers of `HEAD` bytes that are kept for the next files. */
const KEPT = 8;

const free: Uint8Array[] = [];

/** A buffer of 1 MB in memory that threads share; with whatever it last held. */
export function takeSharedBuffer(): Uint8Array {
  return free.pop() ?? new Uint8Array(new SharedArrayBuffer(HEAD));
}

/** Gives it to the next who takes one. */
export function returnSharedBuffer(buffer: Uint8Array): void {
  if (free.length < KEPT) free.push(buffer);
}

/** The first bytes of a file that is being received. */
export interface HeadBuffer {
  /** What was gathered; not to be used after `release()`. More than 64 kB lie in memory that threads share. */
  readonly bytes: Uint8Array;
  /** Copies `chunk` to the end. @returns whether there was room; if not, nothing was copied */
  append(chunk: Uint8Array): boolean;
  /** Gives the memory back. */
  release(): void;
}

/** A buffer for one file: a small one while that suffices, else one of those that are kept. */
export function takeHeadBuffer(): HeadBuffer {
  let buffer: Uint8Array = new Uint8Array(0);
  let length = 0;

  function grow(wanted: number): void {
    const grown = wanted <= SMALL ? new Uint8Array(wanted) : takeSharedBuffer();
    grown.set(buffer.subarray(0, length));
    buffer = grown;
  }

  return {
    get bytes() {
      return buffer.subarray(0, length);
    },
    append(chunk) {
      const wanted = length + chunk.length;
      if (wanted > HEAD) return false;
      if (wanted > buffer.length) grow(wanted);
      buffer.set(chunk, length);
      length = wanted;
      return true;
    },
    release() {
      if (buffer.length === HEAD) returnSharedBuffer(buffer);
      buffer = new Uint8Array(0);
      length = 0;
    },
  };
}
