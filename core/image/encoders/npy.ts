import type { SampleArray } from "../samples.ts";

/** NumPy's words for numbers, little endian. */
export type NpyType = "<u1" | "<i1" | "<u2" | "<i2" | "<u4" | "<i4" | "<f4" | "<f8";

const TYPES: readonly (readonly [new (length: number) => SampleArray, NpyType])[] = [
  [Uint8Array, "<u1"],
  [Int8Array, "<i1"],
  [Uint16Array, "<u2"],
  [Int16Array, "<i2"],
  [Uint32Array, "<u4"],
  [Int32Array, "<i4"],
  [Float32Array, "<f4"],
  [Float64Array, "<f8"],
];

/** NumPy's word for the numbers in `samples`. */
export function npyType(samples: SampleArray): NpyType {
  return TYPES.find(([Type]) => samples instanceof Type)![1]; // the table has all of them
}

/** The header is filled up so that samples start at a multiple of this. */
const ALIGNMENT = 64;
/** What precedes the text of the header: magic, version, length. */
const PREFIX = Uint8Array.of(0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, 0, 0);

/**
 * The head of a file of NumPy's format NPY 1.0, as Orthanc writes it; the samples follow.
 *
 * @param shape rows, columns and samples for each pixel
 * @param frames how many there are, if they are a dimension of their own
 */
export function npyHeader(
  type: NpyType,
  shape: readonly number[],
  frames: number | undefined,
): Uint8Array<ArrayBuffer> {
  const dimensions = (frames === undefined ? "" : `${frames}, `) + shape.join();
  const dictionary = `{'descr': '${type}', 'fortran_order': False, 'shape': (${dimensions}), }`;
  const length = PREFIX.length + dictionary.length + 1;
  const padding = " ".repeat((ALIGNMENT - length % ALIGNMENT) % ALIGNMENT);
  const text = new TextEncoder().encode(`${dictionary}${padding}\n`);
  const bytes = new Uint8Array(PREFIX.length + text.length);
  bytes.set(PREFIX);
  bytes.set([text.length & 0xff, text.length >> 8], PREFIX.length - 2);
  bytes.set(text, PREFIX.length);
  return bytes;
}
