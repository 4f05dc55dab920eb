import { ByteReader } from "../../bytes/reader.ts";
import { ByteWriter } from "../../bytes/writer.ts";
import { DicomError } from "../../errors.ts";
import type { PixelCodec } from "../codec.ts";
import { frameBytes, type PixelDescription } from "../pixels.ts";
import { cannotEncode, decodedDescription } from "./samples.ts";

/** Segments a header has room for (PS3.5 Section G.5). */
const MAXIMUM_SEGMENTS = 15;
const HEADER_SIZE = 64;
/** Most bytes of one run. */
const LONGEST_RUN = 128;
/** Shorter ones are cheaper among literals. */
const SHORTEST_RUN = 3;

/** RLE Lossless (PS3.5 Annex G): one segment of PackBits runs for each byte of a composite pixel. */
export const rle: PixelCodec = {
  decode(encoded, description) {
    const planes = planesOf(description);
    const decoded = decodedDescription(description);
    const offsets = readOffsets(encoded, planes.length);
    const samples = new Uint8Array(frameBytes(decoded));
    planes.forEach((plane, index) => {
      const segment = encoded.subarray(offsets[index], offsets[index + 1] ?? encoded.length);
      unpack(segment, samples, plane);
    });
    return { samples, description: decoded };
  },

  plan(description, { to }) {
    planesOf(description);
    if (frameBytes(description) < frameBytes(decodedDescription(description))) {
      throw cannotEncode(`it is ${description.photometric}`);
    }
    return { ...description, transferSyntaxUid: to };
  },

  encode({ samples, description }, options) {
    const encoded = this.plan!(description, options);
    const planes = planesOf(description);
    const header = new ByteWriter(true).u32(planes.length);
    const body = new ByteWriter();
    const { rows, columns } = description;
    for (const plane of planes) {
      header.u32(HEADER_SIZE + body.take().length);
      const row = new Uint8Array(columns);
      for (let number = 0; number < rows; number++) {
        takeRow(samples, { ...plane, start: plane.start + number * columns * plane.stride }, row);
        pack(body, row);
      }
      if (body.take().length % 2 === 1) body.u8(0);
    }
    header.slice(new Uint8Array(HEADER_SIZE - header.take().length));
    const bytes = header.slice(body.take()).take();
    return { bytes, description: encoded };
  },
};

/** Where the bytes of a plane are among the samples. */
interface Plane {
  readonly start: number;
  readonly stride: number;
  readonly count: number;
}

/** All planes in the order of their segments: sample by sample, the most significant byte first (Section G.2). */
function planesOf(description: PixelDescription): readonly Plane[] {
  const { rows, columns, samplesPerPixel, bitsAllocated, planarConfiguration } = description;
  const width = bitsAllocated / 8;
  if (!Number.isInteger(width) || samplesPerPixel * width > MAXIMUM_SEGMENTS) {
    throw new DicomError("not-implemented", `Cannot use RLE: ${bitsAllocated} bits are allocated`);
  }
  const count = rows * columns;
  const byPlane = planarConfiguration === 1 || samplesPerPixel === 1;
  return Array.from({ length: samplesPerPixel * width }, (_, segment) => {
    const sample = Math.floor(segment / width);
    const byte = width - 1 - segment % width;
    const first = byPlane ? sample * count * width : sample * width;
    return { start: first + byte, stride: byPlane ? width : samplesPerPixel * width, count };
  });
}

/** PS3.5 Section G.5: the number of segments and where each starts. */
function readOffsets(encoded: Uint8Array, expected: number): readonly number[] {
  if (encoded.length < HEADER_SIZE) throw damaged("its header is cut short");
  const header = new ByteReader(encoded, true);
  const count = header.u32();
  if (count !== expected) throw damaged(`it has ${count} segments, not ${expected}`);
  const offsets = Array.from({ length: count }, () => header.u32());
  let least = HEADER_SIZE;
  for (const offset of offsets) {
    if (offset < least || offset > encoded.length) throw damaged(`a segment starts at ${offset}`);
    least = offset;
  }
  return offsets;
}

/** PackBits (Section G.3.2): 0 to 127 literal, 129 to 255 repeated, 128 nothing. */
function unpack(segment: Uint8Array, samples: Uint8Array, { start, stride, count }: Plane): void {
  const end = start + count * stride;
  let at = start;
  for (let from = 0; from < segment.length && at < end;) {
    const control = segment[from++]!;
    if (control < 128) {
      const until = Math.min(from + control + 1, segment.length);
      for (; from < until && at < end; at += stride) samples[at] = segment[from++]!;
    } else if (control > 128 && from < segment.length) {
      const value = segment[from++]!;
      const until = Math.min(at + (257 - control) * stride, end);
      for (; at < until; at += stride) samples[at] = value;
    }
  }
  if (at < end) throw damaged(`a segment lacks ${(end - at) / stride} bytes`);
}

function takeRow(samples: Uint8Array, { start, stride }: Plane, row: Uint8Array): void {
  for (let column = 0; column < row.length; column++) {
    row[column] = samples[start + column * stride]!;
  }
}

/** PackBits of one row: rows are packed one by one (Section G.3.1). */
function pack(to: ByteWriter, row: Uint8Array): void {
  let literal = 0;
  for (let at = 0; at < row.length;) {
    const run = runAt(row, at);
    if (run >= SHORTEST_RUN) {
      writeLiterals(to, row.subarray(literal, at));
      to.u8(257 - run).u8(row[at]!);
      literal = at + run;
    }
    at += run;
  }
  writeLiterals(to, row.subarray(literal));
}

function runAt(row: Uint8Array, at: number): number {
  const end = Math.min(at + LONGEST_RUN, row.length);
  let until = at + 1;
  while (until < end && row[until] === row[at]) until++;
  return until - at;
}

function writeLiterals(to: ByteWriter, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; at += LONGEST_RUN) {
    const part = bytes.subarray(at, at + LONGEST_RUN);
    to.u8(part.length - 1).slice(part);
  }
}

function damaged(fact: string): DicomError {
  return new DicomError("bad-file", `Cannot decode RLE frame: ${fact}`);
}
