import { DicomError } from "../errors.ts";

/** Reads big- or little-endian values from `bytes`; throws DicomError `bad-file` past the end. */
export class ByteReader {
  #view: DataView;
  #at = 0;

  constructor(readonly bytes: Uint8Array, readonly littleEndian = false) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Bytes not read yet. */
  get remaining(): number {
    return this.bytes.length - this.#at;
  }

  u8(): number {
    return this.#view.getUint8(this.#take(1));
  }

  u16(): number {
    return this.#view.getUint16(this.#take(2), this.littleEndian);
  }

  u32(): number {
    return this.#view.getUint32(this.#take(4), this.littleEndian);
  }

  /** The next `length` bytes, without copying; all that remain by default. */
  slice(length: number = this.remaining): Uint8Array {
    const at = this.#take(length);
    return this.bytes.subarray(at, at + length);
  }

  #take(length: number): number {
    if (length > this.remaining) {
      throw new DicomError(
        "bad-file",
        `Cannot read ${length} bytes at offset ${this.#at}: ${this.remaining} remain`,
      );
    }
    const at = this.#at;
    this.#at += length;
    return at;
  }
}
