import type { DecodedFrame } from "../../core/image/codec.ts";
import { frameBytes, type PixelDescription } from "../../core/image/pixels.ts";

const GRAY: PixelDescription = {
  rows: 40,
  columns: 51,
  samplesPerPixel: 1,
  bitsAllocated: 16,
  bitsStored: 16,
  highBit: 15,
  signed: false,
  photometric: "MONOCHROME2",
  planarConfiguration: 0,
  numberOfFrames: 1,
  sampleKind: "integer",
  transferSyntaxUid: "1.2.840.10008.1.2.1",
};
const BYTE = { bitsAllocated: 8, bitsStored: 8, highBit: 7 } as const;
const COLOR = { samplesPerPixel: 3, photometric: "RGB" } as const;

/** Kinds of pixels that are met in the field, by name. */
export const KINDS = {
  "8 bits": { ...GRAY, ...BYTE },
  "8 bits signed": { ...GRAY, ...BYTE, signed: true },
  "8 of 16 bits": { ...GRAY, bitsStored: 8, highBit: 7 },
  "12 bits": { ...GRAY, bitsStored: 12, highBit: 11 },
  "12 bits signed": { ...GRAY, bitsStored: 12, highBit: 11, signed: true },
  "16 bits": GRAY,
  "16 bits signed": { ...GRAY, signed: true },
  "RGB": { ...GRAY, ...BYTE, ...COLOR },
  "RGB by plane": { ...GRAY, ...BYTE, ...COLOR, planarConfiguration: 1 },
  "YBR_FULL": { ...GRAY, ...BYTE, ...COLOR, photometric: "YBR_FULL" },
  "RGB of 16 bits": { ...GRAY, ...COLOR },
  "palette": { ...GRAY, ...BYTE, photometric: "PALETTE COLOR" },
} as const satisfies Record<string, PixelDescription>;

export type Kind = keyof typeof KINDS;

/** A smooth picture over the whole range of its samples, always the same. */
export function phantom(description: PixelDescription): DecodedFrame {
  const { columns, samplesPerPixel, bitsAllocated, bitsStored, signed } = description;
  const samples = new Uint8Array(frameBytes(description));
  const view = new DataView(samples.buffer);
  const span = 2 ** bitsStored;
  const count = samples.length / (bitsAllocated / 8);
  for (let index = 0; index < count; index++) {
    const { pixel, sample } = placeOf(index, description, count / samplesPerPixel);
    const x = pixel % columns;
    const y = Math.floor(pixel / columns);
    const wave = 0.5 + 0.48 * Math.sin((x + 7 * sample) / 9) * Math.cos(y / (5 + sample));
    const value = Math.floor(span * wave) - (signed ? span / 2 : 0);
    if (bitsAllocated === 8) view.setUint8(index, value);
    else view.setUint16(2 * index, value, true);
  }
  return { samples, description };
}

function placeOf(
  index: number,
  { planarConfiguration, samplesPerPixel }: PixelDescription,
  pixels: number,
) {
  return planarConfiguration === 1
    ? { pixel: index % pixels, sample: Math.floor(index / pixels) }
    : { pixel: Math.floor(index / samplesPerPixel), sample: index % samplesPerPixel };
}

/** The largest difference between samples of two frames of one kind. */
export function largestDifference(a: DecodedFrame, b: DecodedFrame): number {
  const left = valuesOf(a);
  const right = valuesOf(b);
  if (left.length !== right.length) return Infinity;
  return left.reduce((most, value, at) => Math.max(most, Math.abs(value - right[at]!)), 0);
}

function valuesOf({ samples, description: { bitsAllocated, signed } }: DecodedFrame): number[] {
  const view = new DataView(samples.buffer, samples.byteOffset, samples.length);
  const count = samples.length / (bitsAllocated / 8);
  return Array.from({ length: count }, (_, at) => {
    if (bitsAllocated === 8) return signed ? view.getInt8(at) : view.getUint8(at);
    return signed ? view.getInt16(2 * at, true) : view.getUint16(2 * at, true);
  });
}
