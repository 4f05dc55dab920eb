import { Buffer } from "node:buffer";
import { inflateSync } from "node:zlib";
import { readU32, viewOf } from "../../bytes/numbers.ts";
import { DicomError } from "../../errors.ts";

/** Most bytes that the samples of a picture may take. */
const MAXIMUM_BYTES = 268435456;

/** Samples of a pixel by colour type: gray, RGB, palette, gray with alpha, RGB with alpha (ISO/IEC 15948, Table 11.1). */
const CHANNELS: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };
const PALETTE = 3;

interface Header {
  readonly columns: number;
  readonly rows: number;
  readonly bits: number;
  readonly colorType: number;
}

/** A picture as numbers of 8 or 16 bits, alpha left out. 16-bit samples are in the order of this machine's typed arrays. */
export interface Picture {
  readonly columns: number;
  readonly rows: number;
  readonly samplesPerPixel: 1 | 3;
  readonly bits: 8 | 16;
  readonly samples: Uint8Array | Uint16Array;
}

/**
 * Reads a PNG of 8 or 16 bits without interlace (ISO/IEC 15948).
 *
 * @throws DicomError `bad-file` if it is damaged, `not-implemented` for other kinds
 */
export function decodePng(bytes: Uint8Array): Picture {
  const chunks = chunksOf(bytes);
  const header = readHeader(chunks.get("IHDR")?.[0]);
  const channels = CHANNELS[header.colorType]!;
  const stride = header.columns * channels * header.bits / 8;
  const size = header.rows * (stride + 1);
  const lines = unfilter(inflated(chunks.get("IDAT") ?? [], size), {
    stride,
    rows: header.rows,
    pixel: channels * header.bits / 8,
  });
  const samples = header.bits === 16 ? bigEndian(lines) : lines;
  const { columns, rows } = header;
  const bits = header.bits === 16 ? 16 : 8;
  if (header.colorType === PALETTE) {
    const colors = chunks.get("PLTE")?.[0] ?? new Uint8Array(0);
    return { columns, rows, bits: 8, samplesPerPixel: 3, samples: colored(lines, colors) };
  }
  const samplesPerPixel = channels < 3 ? 1 : 3;
  return { columns, rows, bits, samplesPerPixel, samples: opaque(samples, channels) };
}

function chunksOf(bytes: Uint8Array): Map<string, Uint8Array[]> {
  const chunks = new Map<string, Uint8Array[]>();
  for (let at = 8; at + 12 <= bytes.length;) {
    const length = readU32(bytes, at, false);
    const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    if (at + 12 + length > bytes.length) throw badPicture("it is cut short");
    chunks.set(type, [...chunks.get(type) ?? [], bytes.subarray(at + 8, at + 8 + length)]);
    at += 12 + length;
  }
  return chunks;
}

function readHeader(chunk: Uint8Array | undefined): Header {
  if (chunk?.length !== 13) throw badPicture("it has no header");
  const columns = readU32(chunk, 0, false);
  const rows = readU32(chunk, 4, false);
  const [bits = 0, colorType = 0, , , interlace] = chunk.subarray(8);
  const isKnown = (bits === 8 || bits === 16) && CHANNELS[colorType] !== undefined;
  if (!isKnown || interlace !== 0) {
    throw new DicomError("not-implemented", "Cannot read picture: its kind of PNG is not known");
  }
  if (columns === 0 || rows === 0 || columns > 65535 || rows > 65535) {
    throw badPicture("its size is out of range");
  }
  if (columns * rows * CHANNELS[colorType]! * bits / 8 > MAXIMUM_BYTES) {
    throw badPicture(`it has more than ${MAXIMUM_BYTES} bytes of samples`);
  }
  return { columns, rows, bits, colorType };
}

function inflated(parts: readonly Uint8Array[], size: number): Uint8Array {
  try {
    const bytes = inflateSync(Buffer.concat(parts), { maxOutputLength: size });
    if (bytes.length === size) return bytes;
  } catch {
    // told below
  }
  throw badPicture("its samples are damaged");
}

/** Undoes the filter of each line (ISO/IEC 15948, Section 9). */
function unfilter(
  bytes: Uint8Array,
  { stride, rows, pixel }: {
    readonly stride: number;
    readonly rows: number;
    readonly pixel: number;
  },
): Uint8Array {
  const lines = new Uint8Array(rows * stride);
  for (let row = 0; row < rows; row++) {
    const from = row * (stride + 1);
    const predict = PREDICTORS[bytes[from]!];
    if (!predict) throw badPicture("a line has an unknown filter");
    const to = row * stride;
    for (let at = 0; at < stride; at++) {
      const left = at >= pixel ? lines[to + at - pixel]! : 0;
      const above = row > 0 ? lines[to + at - stride]! : 0;
      const corner = row > 0 && at >= pixel ? lines[to + at - stride - pixel]! : 0;
      lines[to + at] = bytes[from + 1 + at]! + predict(left, above, corner);
    }
  }
  return lines;
}

/** By filter type: none, sub, up, average, Paeth. */
const PREDICTORS: readonly ((left: number, above: number, corner: number) => number)[] = [
  () => 0,
  (left) => left,
  (_left, above) => above,
  (left, above) => (left + above) >> 1,
  (left, above, corner) => {
    const estimate = left + above - corner;
    const toLeft = Math.abs(estimate - left);
    const toAbove = Math.abs(estimate - above);
    const toCorner = Math.abs(estimate - corner);
    if (toLeft <= toAbove && toLeft <= toCorner) return left;
    return toAbove <= toCorner ? above : corner;
  },
];

function bigEndian(bytes: Uint8Array): Uint16Array {
  const view = viewOf(bytes);
  return new Uint16Array(bytes.length / 2).map((_, index) => view.getUint16(2 * index));
}

/** Samples without the last of each pixel, if that is alpha. */
function opaque(samples: Uint8Array | Uint16Array, channels: number): Uint8Array | Uint16Array {
  if (channels % 2 === 1) return samples;
  return samples.filter((_, index) => index % channels !== channels - 1);
}

function colored(indexes: Uint8Array, colors: Uint8Array): Uint8Array {
  const samples = new Uint8Array(3 * indexes.length);
  indexes.forEach((index, at) => samples.set(colors.subarray(3 * index, 3 * index + 3), 3 * at));
  return samples;
}

function badPicture(fact: string): DicomError {
  return new DicomError("bad-file", `Cannot read picture: ${fact}`);
}
