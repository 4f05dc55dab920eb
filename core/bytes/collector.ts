const FIRST_SIZE = 65536;

/** Joins the pieces of one value; its memory grows with what has come, not with what was announced. */
export class ByteCollector {
  readonly #length: number;
  #bytes: Uint8Array;
  #filled = 0;

  /** @param length of the whole value, in bytes */
  constructor(length: number) {
    this.#length = length;
    this.#bytes = new Uint8Array(Math.min(length, FIRST_SIZE));
  }

  /** Bytes that are still to come. */
  get missing(): number {
    return this.#length - this.#filled;
  }

  /** What has come, all of the value when nothing is missing. */
  get bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#filled);
  }

  /** Takes as much of `piece` as belongs to the value, and returns how many bytes that was. */
  take(piece: Uint8Array): number {
    const part = piece.subarray(0, this.missing);
    this.#reserve(this.#filled + part.length);
    this.#bytes.set(part, this.#filled);
    this.#filled += part.length;
    return part.length;
  }

  #reserve(needed: number): void {
    if (needed <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.min(this.#length, Math.max(needed, 2 * this.#bytes.length)));
    larger.set(this.bytes);
    this.#bytes = larger;
  }
}
