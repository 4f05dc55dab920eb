/** Large buffers that are kept for the next who needs one. */
export interface Slabs {
  /** Size of each, in bytes. */
  readonly size: number;
  /** A buffer with whatever it held before. */
  take(): Uint8Array<ArrayBuffer>;
  /** Gives one back; it is not to be used any more. Those of another size are let go. */
  give(slab: Uint8Array<ArrayBuffer>): void;
}

/** Makes a pool of buffers of `size` bytes, of which `kept` at most lie idle. */
export function createSlabs(size: number, kept: number): Slabs {
  const free: Uint8Array<ArrayBuffer>[] = [];
  return {
    size,
    take: () => free.pop() ?? new Uint8Array(size),
    give(slab) {
      if (slab.length === size && free.length < kept) free.push(slab);
    },
  };
}
