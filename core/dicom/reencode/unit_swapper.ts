/** Turns the order of the bytes of each number, of a value that comes in pieces. */
export class UnitSwapper {
  readonly #unit: number;
  #rest = new Uint8Array(0);

  /** @param unit bytes of one number */
  constructor(unit: number) {
    this.#unit = unit;
  }

  /** What has come and is no whole number yet; at the end of the value, it stays as it is. */
  get rest(): Uint8Array {
    return this.#rest;
  }

  /** The whole numbers that are complete with `piece`, turned. */
  push(piece: Uint8Array): Uint8Array {
    const bytes = new Uint8Array(this.#rest.length + piece.length);
    bytes.set(this.#rest);
    bytes.set(piece, this.#rest.length);
    const whole = bytes.length - bytes.length % this.#unit;
    for (let at = 0; at < whole; at += this.#unit) reverse(bytes, at, this.#unit);
    this.#rest = bytes.slice(whole);
    return bytes.subarray(0, whole);
  }
}

function reverse(bytes: Uint8Array, at: number, unit: number): void {
  for (let low = at, high = at + unit - 1; low < high; low++, high--) {
    const byte = bytes[low]!;
    bytes[low] = bytes[high]!;
    bytes[high] = byte;
  }
}
