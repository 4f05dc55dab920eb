import type { HuffmanTable } from "./tables.ts";

/** The code of each value, and how many bits it has. */
export interface Codes {
  readonly code: Uint16Array;
  readonly length: Uint8Array;
}

/** Sections C.1 and C.2: the codes of a table. */
export function huffmanCodes({ counts, values }: HuffmanTable): Codes {
  const codes = { code: new Uint16Array(256), length: new Uint8Array(256) };
  let code = 0;
  let next = 0;
  counts.forEach((count, at) => {
    for (let n = 0; n < count; n++) {
      const value = values[next++]!;
      codes.code[value] = code++;
      codes.length[value] = at + 1;
    }
    code *= 2;
  });
  return codes;
}

/** A block has at most so many bytes, each 0xFF followed by a zero. */
const MAXIMUM_BLOCK = 512;
const END_OF_BLOCK = 0x00;
const SIXTEEN_ZEROS = 0xf0;

/** Writes the coefficients of blocks (ITU-T T.81, Section F.1.2). */
export class EntropyWriter {
  #bytes = new Uint8Array(65536);
  #filled = 0;
  #bits = 0;
  #count = 0;

  /**
   * Writes the coefficients of a block in zigzag order.
   *
   * @param previous the first coefficient of the block before of the same component
   */
  block(coefficients: Int32Array, previous: number, dc: Codes, ac: Codes): void {
    this.#reserve();
    this.#value(coefficients[0]! - previous, 0, dc);
    let last = 63;
    while (last > 0 && coefficients[last] === 0) last--;
    let zeros = 0;
    for (let at = 1; at <= last; at++) {
      const value = coefficients[at]!;
      if (value === 0) {
        zeros++;
        continue;
      }
      for (; zeros > 15; zeros -= 16) {
        this.#write(ac.code[SIXTEEN_ZEROS]!, ac.length[SIXTEEN_ZEROS]!);
      }
      this.#value(value, zeros, ac);
      zeros = 0;
    }
    if (last < 63) this.#write(ac.code[END_OF_BLOCK]!, ac.length[END_OF_BLOCK]!);
  }

  /** All that was written, the last byte filled up with ones. */
  finish(): Uint8Array {
    this.#reserve();
    this.#write(0x7f, 7);
    return this.#bytes.subarray(0, this.#filled);
  }

  /** The category of a value behind so many zeros, and the bits that tell it from others (Tables F.1 and F.2). */
  #value(value: number, zeros: number, { code, length }: Codes): void {
    const category = 32 - Math.clz32(value < 0 ? -value : value);
    const symbol = (zeros << 4) | category;
    this.#write(code[symbol]!, length[symbol]!);
    if (category === 0) return;
    const bits = value < 0 ? value - 1 : value;
    this.#write(bits & ((1 << category) - 1), category);
  }

  /** At most 16 bits, of which up to 7 stay behind. */
  #write(bits: number, count: number): void {
    this.#bits = (this.#bits << count) | bits;
    this.#count += count;
    while (this.#count >= 8) {
      const byte = (this.#bits >>> (this.#count - 8)) & 0xff;
      this.#bytes[this.#filled++] = byte;
      if (byte === 0xff) this.#bytes[this.#filled++] = 0; // Section B.1.1.5
      this.#count -= 8;
    }
  }

  #reserve(): void {
    if (this.#filled + MAXIMUM_BLOCK <= this.#bytes.length) return;
    const larger = new Uint8Array(2 * this.#bytes.length);
    larger.set(this.#bytes);
    this.#bytes = larger;
  }
}
