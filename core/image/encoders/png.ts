import { crc32, deflateSync } from "node:zlib";
import { ByteWriter } from "../../bytes/writer.ts";
import type { ImageEncoder } from "../encoder.ts";
import type { Raster } from "../raster.ts";

const SIGNATURE = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);
/** Sections 11.2.2: colour types. */
const COLOR_TYPE = { 1: 0, 3: 2 } as const;
/** The quickest of zlib: higher ones gain little and take several times as long. */
const LEVEL = 1;

/** PNG without interlace or filters (ISO/IEC 15948, Sections 5 and 11.2). */
export const png: ImageEncoder = { bits: [8, 16], encode: encodePng };

/** The file of an image. */
export function encodePng(raster: Raster): Uint8Array {
  const { width, height, channels, samples } = raster;
  const header = new ByteWriter().u32(width).u32(height).u8(8 * samples.BYTES_PER_ELEMENT)
    .u8(COLOR_TYPE[channels]).u8(0).u8(0).u8(0);
  const data = deflateSync(scanlines(raster), { level: LEVEL });
  return join([
    SIGNATURE,
    ...chunk("IHDR", header.take()),
    ...chunk("IDAT", data),
    ...chunk("IEND", new Uint8Array(0)),
  ]);
}

/** Section 7.2: each line begins with its filter, which is none; 16 bits are big endian. */
function scanlines({ width, height, channels, samples }: Raster): Uint8Array {
  const stride = width * channels * samples.BYTES_PER_ELEMENT;
  const bytes = bigEndian(samples);
  const lines = new Uint8Array(height * (1 + stride));
  for (let row = 0; row < height; row++) {
    lines.set(bytes.subarray(row * stride, (row + 1) * stride), row * (1 + stride) + 1);
  }
  return lines;
}

/** Samples as bytes, those of 16 bits with the higher byte first. */
export function bigEndian(samples: Uint8Array | Uint16Array): Uint8Array {
  if (samples instanceof Uint8Array) return samples;
  const bytes = new Uint8Array(2 * samples.length);
  for (let at = 0, to = 0; at < samples.length; at++, to += 2) {
    const sample = samples[at]!;
    bytes[to] = sample >> 8;
    bytes[to + 1] = sample;
  }
  return bytes;
}

/** Section 5.3: length, type, data, checksum of type and data. */
function chunk(type: string, data: Uint8Array): Uint8Array[] {
  const name = new TextEncoder().encode(type);
  return [
    new ByteWriter().u32(data.length).slice(name).take(),
    data,
    new ByteWriter().u32(crc32(data, crc32(name))).take(),
  ];
}

function join(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
