import type { DecodedFrame } from "./codec.ts";
import { badPixels, frameBytes, type PixelDescription } from "./pixels.ts";

/** Numbers of an image, one for each sample. */
export type SampleArray =
  | Uint8Array
  | Int8Array
  | Uint16Array
  | Int16Array
  | Uint32Array
  | Int32Array
  | Float32Array
  | Float64Array;

/** Makes arrays of samples. */
interface SampleArrayType {
  readonly BYTES_PER_ELEMENT: number;
  new (length: number): SampleArray;
  new (buffer: ArrayBufferLike, byteOffset: number, length: number): SampleArray;
}

/**
 * The samples of a frame as numbers, in the order they are stored in. What `bitsStored` and `highBit` leave out,
 * such as overlays, is masked (PS3.5 Section 8.1.1); bits of single-bit images become 0 and 1.
 *
 * @throws DicomError `bad-file` if there are fewer samples than the description says
 */
export function unpackSamples({ samples, description }: DecodedFrame): SampleArray {
  const { bitsAllocated, bitsStored, highBit, sampleKind } = description;
  const needed = frameBytes(description);
  if (samples.length < needed) {
    throw badPixels(`a frame has ${samples.length} bytes instead of ${needed}`);
  }
  const bytes = samples.subarray(0, needed);
  if (bitsAllocated === 1) return expandBits(bytes, description);
  if (bitsAllocated === 24) return maskSamples(read24(bytes), description);
  const values = viewAs(bytes, typeOf(description));
  const whole = sampleKind !== "integer" ||
    (bitsStored === bitsAllocated && highBit === bitsAllocated - 1);
  return whole ? values : maskSamples(values, description);
}

/** The values of `planes` planes one after the other, sample by sample (PS3.3 Section C.7.6.3.1.3). */
export function interleave<T extends SampleArray>(samples: T, planes: number): T {
  const size = samples.length / planes;
  const result = samples.slice() as T;
  for (let plane = 0; plane < planes; plane++) {
    const from = plane * size;
    for (let at = 0; at < size; at++) result[at * planes + plane] = samples[from + at]!;
  }
  return result;
}

function typeOf({ bitsAllocated, signed, sampleKind }: PixelDescription): SampleArrayType {
  if (sampleKind === "double") return Float64Array;
  if (sampleKind === "float") return Float32Array;
  switch (bitsAllocated) {
    case 8:
      return signed ? Int8Array : Uint8Array;
    case 16:
      return signed ? Int16Array : Uint16Array;
    default:
      return signed ? Int32Array : Uint32Array;
  }
}

/** `bytes` as numbers, without copying where they are aligned. */
function viewAs(bytes: Uint8Array, Type: SampleArrayType): SampleArray {
  const size = Type.BYTES_PER_ELEMENT;
  const aligned = bytes.byteOffset % size === 0 ? bytes : bytes.slice();
  return new Type(aligned.buffer, aligned.byteOffset, aligned.length / size);
}

function expandBits(bytes: Uint8Array, { rows, columns, samplesPerPixel }: PixelDescription) {
  const values = new Uint8Array(rows * columns * samplesPerPixel);
  for (let at = 0; at < values.length; at++) values[at] = (bytes[at >> 3]! >> (at & 7)) & 1;
  return values;
}

function read24(bytes: Uint8Array): Uint32Array {
  const values = new Uint32Array(Math.floor(bytes.length / 3));
  for (let at = 0, from = 0; at < values.length; at++, from += 3) {
    values[at] = bytes[from]! | (bytes[from + 1]! << 8) | (bytes[from + 2]! << 16);
  }
  return values;
}

/** The stored bits of each sample, sign extended. */
function maskSamples(values: SampleArray, description: PixelDescription): SampleArray {
  const { bitsAllocated, bitsStored, highBit, signed } = description;
  const Type = typeOf({ ...description, bitsAllocated: bitsAllocated === 24 ? 32 : bitsAllocated });
  const result = new Type(values.length);
  const left = 31 - highBit;
  const right = 32 - bitsStored;
  if (signed) {
    for (let at = 0; at < result.length; at++) result[at] = (values[at]! << left) >> right;
  } else {
    for (let at = 0; at < result.length; at++) result[at] = (values[at]! << left) >>> right;
  }
  return result;
}
