import { EXPLICIT_LITTLE_ENDIAN } from "../../dicom/transfer_syntax.ts";
import { DicomError } from "../../errors.ts";
import type { DecodedFrame } from "../codec.ts";
import { frameBytes, type Photometric, type PixelDescription } from "../pixels.ts";
import type { NativeShape } from "./native.ts";

/** What photometric interpretations become when chrominance has as many samples as luminance. */
const FULLY_SAMPLED: Partial<Record<Photometric, Photometric>> = {
  "YBR_FULL_422": "YBR_FULL",
  "YBR_PARTIAL_422": "YBR_FULL",
  "YBR_PARTIAL_420": "YBR_FULL",
};

/** What a decoded frame is: native, and every pixel with all its samples. */
export function decodedDescription(description: PixelDescription): PixelDescription {
  const { photometric } = description;
  return {
    ...description,
    photometric: FULLY_SAMPLED[photometric] ?? photometric,
    transferSyntaxUid: EXPLICIT_LITTLE_ENDIAN.uid,
  };
}

/** @throws DicomError `not-implemented` unless samples are whole numbers of 8 or 16 bits, all there for each pixel */
export function checkEncodable(description: PixelDescription): void {
  const { sampleKind, bitsAllocated, photometric } = description;
  if (sampleKind !== "integer") throw cannotEncode(`its samples are of kind ${sampleKind}`);
  if (bitsAllocated !== 8 && bitsAllocated !== 16) {
    throw cannotEncode(`${bitsAllocated} bits are allocated`);
  }
  if (photometric in FULLY_SAMPLED) throw cannotEncode(`it is ${photometric}`);
}

/** @throws DicomError `not-implemented` where other values than the encoded ones would mean something else */
export function checkLossy({ photometric }: PixelDescription): void {
  if (photometric === "PALETTE COLOR") throw cannotEncode(`it is ${photometric}`);
}

/** Why a frame cannot be encoded as wanted. */
export function cannotEncode(fact: string): DicomError {
  return new DicomError("not-implemented", `Cannot encode frame: ${fact}`);
}

/** The frame with the samples of each pixel side by side. @throws DicomError `bad-file` if some are missing */
export function interleave(frame: DecodedFrame): DecodedFrame {
  const { samples, description } = frame;
  const { samplesPerPixel, planarConfiguration, rows, columns, bitsAllocated } = description;
  const size = frameBytes(description);
  if (samples.length < size) {
    throw new DicomError("bad-file", `Cannot encode frame: it has ${samples.length} bytes`);
  }
  if (planarConfiguration === 0 || samplesPerPixel === 1) {
    return {
      samples: samples.subarray(0, size),
      description: { ...description, planarConfiguration: 0 },
    };
  }
  const unit = bitsAllocated / 8;
  const plane = rows * columns * unit;
  const mixed = new Uint8Array(size);
  for (let to = 0, pixel = 0; to < size; pixel += unit) {
    for (let sample = 0; sample < samplesPerPixel; sample++) {
      for (let byte = 0; byte < unit; byte++) mixed[to++] = samples[sample * plane + pixel + byte]!;
    }
  }
  return { samples: mixed, description: { ...description, planarConfiguration: 0 } };
}

/** 8 bits as 16 of the same value. */
export function widen(samples: Uint8Array, signed: boolean): Uint8Array {
  const wide = new Uint8Array(2 * samples.length);
  for (let at = 0; at < samples.length; at++) {
    wide[2 * at] = samples[at]!;
    if (signed && samples[at]! >= 0x80) wide[2 * at + 1] = 0xff;
  }
  return wide;
}

/** The low 8 of 16 bits. */
export function narrow(samples: Uint8Array): Uint8Array {
  const low = new Uint8Array(samples.length / 2);
  for (let at = 0; at < low.length; at++) low[at] = samples[2 * at]!;
  return low;
}

/** The precision with which codecs of unsigned samples keep all bits. */
export function unsignedPrecision(frame: DecodedFrame): number {
  return frame.description.signed ? frame.description.bitsAllocated : usedBits(frame);
}

/**
 * Bits that hold all samples: those stored; those allocated where something else lies beside them, or where decoders
 * would give back fewer bytes.
 */
export function usedBits({ samples, description }: DecodedFrame): number {
  const { bitsAllocated, bitsStored, signed } = description;
  if (bitsStored <= 8) return bitsAllocated;
  const low = signed ? -(2 ** (bitsStored - 1)) : 0;
  const high = 2 ** (signed ? bitsStored - 1 : bitsStored) - 1;
  const values = numbersOf(samples, { bitsAllocated, signed });
  for (const value of values) if (value < low || value > high) return bitsAllocated;
  return bitsStored;
}

function numbersOf(
  samples: Uint8Array,
  { bitsAllocated, signed }: Pick<PixelDescription, "bitsAllocated" | "signed">,
) {
  if (bitsAllocated === 8) {
    return signed ? new Int8Array(samples.buffer, samples.byteOffset, samples.length) : samples;
  }
  const { buffer, byteOffset, length } = samples.byteOffset % 2 === 0 ? samples : samples.slice();
  return signed
    ? new Int16Array(buffer, byteOffset, length >> 1)
    : new Uint16Array(buffer, byteOffset, length >> 1);
}

/** The description as the foreign codecs want it. */
export function nativeShape(
  description: PixelDescription,
  changes: Partial<NativeShape> = {},
): NativeShape {
  const { rows, columns, samplesPerPixel, bitsAllocated, bitsStored } = description;
  const { signed, photometric } = description;
  const planarConfiguration = 0;
  return {
    rows,
    columns,
    samplesPerPixel,
    bitsAllocated,
    bitsStored,
    signed,
    photometric,
    planarConfiguration,
    ...changes,
  };
}

/** @throws DicomError `bad-file` unless a decoder made exactly one frame */
export function checkDecoded(samples: Uint8Array, description: PixelDescription): DecodedFrame {
  const expected = frameBytes(description);
  if (samples.length === expected) return { samples, description };
  const fact = `it has ${samples.length} bytes, not ${expected}`;
  throw new DicomError("bad-file", `Cannot decode frame: ${fact}`);
}
