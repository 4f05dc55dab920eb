/** Fixed-size numbers at an offset; the caller has checked that the bytes are there. */

/** Unsigned 16 bits at `at`. */
export function readU16(bytes: Uint8Array, at: number, littleEndian: boolean): number {
  return littleEndian ? bytes[at]! | (bytes[at + 1]! << 8) : (bytes[at]! << 8) | bytes[at + 1]!;
}

/** Unsigned 32 bits at `at`. */
export function readU32(bytes: Uint8Array, at: number, littleEndian: boolean): number {
  return littleEndian
    ? (readU16(bytes, at, true) | (readU16(bytes, at + 2, true) << 16)) >>> 0
    : ((readU16(bytes, at, false) << 16) | readU16(bytes, at + 2, false)) >>> 0;
}

/** Writes unsigned 32 bits at `at`. */
export function writeU32(
  bytes: Uint8Array,
  at: number,
  { value, littleEndian }: { readonly value: number; readonly littleEndian: boolean },
): void {
  for (let index = 0; index < 4; index++) {
    bytes[at + index] = value >>> (littleEndian ? 8 * index : 24 - 8 * index);
  }
}

/** A view for the number types that need one (signed, 64 bits, floating point). */
export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
