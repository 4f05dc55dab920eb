import { ByteWriter } from "../../bytes/writer.ts";
import type { ImageEncoder } from "../encoder.ts";
import type { Raster } from "../raster.ts";
import { type Codes, EntropyWriter, huffmanCodes } from "./jpeg/entropy.ts";
import { CHROMINANCE, type ComponentTables, LUMINANCE, ZIGZAG } from "./jpeg/tables.ts";
import { quantizers, transform } from "./jpeg/transform.ts";

/** Baseline JPEG (ITU-T T.81) in a JFIF file (T.871), of 8 bits; chrominance has as many samples as luminance. */
export const jpeg: ImageEncoder = {
  bits: [8],
  encode: (raster, { quality }) => encodeJpeg(raster, quality),
};

/** The file of an image of 8 bits. @param quality 1 to 100, as libjpeg's */
export function encodeJpeg(raster: Raster, quality: number): Uint8Array {
  const tables = TABLES.slice(0, raster.channels === 1 ? 1 : 2)
    .map((table) => ({ ...table, quantization: scale(table.quantization, quality) }));
  const components = Array.from(
    { length: raster.channels },
    (_, channel) => prepare(tables[Math.min(channel, 1)]!),
  );
  return new ByteWriter()
    .slice(headers(raster, tables))
    .slice(encodeBlocks(raster, components))
    .u16(END_OF_IMAGE)
    .take();
}

const TABLES: readonly ComponentTables[] = [LUMINANCE, CHROMINANCE];

const START_OF_IMAGE = 0xffd8;
const APPLICATION_0 = 0xffe0;
const QUANTIZATION = 0xffdb;
const START_OF_FRAME_0 = 0xffc0;
const HUFFMAN = 0xffc4;
const START_OF_SCAN = 0xffda;
const END_OF_IMAGE = 0xffd9;
/** T.871, Section 10.1: version 1.2, square pixels, no thumbnail. */
const JFIF = [0x4a, 0x46, 0x49, 0x46, 0, 1, 2, 0, 0, 1, 0, 1, 0, 0];

/** Quantization for a quality, as libjpeg scales it. */
function scale(quantization: readonly number[], quality: number): number[] {
  const percent = quality < 50 ? Math.floor(5000 / quality) : 200 - 2 * quality;
  return quantization.map((step) =>
    Math.min(Math.max(Math.floor((step * percent + 50) / 100), 1), 255)
  );
}

/** A marker segment (T.81, Section B.1.1.4). */
function segment(writer: ByteWriter, marker: number, content: readonly number[]): void {
  writer.u16(marker).u16(content.length + 2).slice(Uint8Array.from(content));
}

/** All that precedes the coefficients (T.81, Section B.2). */
function headers({ width, height, channels }: Raster, tables: readonly ComponentTables[]) {
  const writer = new ByteWriter().u16(START_OF_IMAGE);
  segment(writer, APPLICATION_0, JFIF);
  tables.forEach(({ quantization }, id) =>
    segment(writer, QUANTIZATION, [id, ...ZIGZAG.map((at) => quantization[at]!)])
  );
  const ids = Array.from({ length: channels }, (_, channel) => channel);
  const table = (channel: number) => Math.min(channel, 1);
  const size = [height >> 8, height & 0xff, width >> 8, width & 0xff];
  const frame = ids.flatMap((channel) => [channel + 1, 0x11, table(channel)]);
  segment(writer, START_OF_FRAME_0, [8, ...size, channels, ...frame]);
  tables.forEach(({ dc, ac }, id) => {
    segment(writer, HUFFMAN, [id, ...dc.counts, ...dc.values]);
    segment(writer, HUFFMAN, [0x10 | id, ...ac.counts, ...ac.values]);
  });
  const scan = ids.flatMap((channel) => [channel + 1, table(channel) * 0x11]);
  segment(writer, START_OF_SCAN, [channels, ...scan, 0, 63, 0]);
  return writer.take();
}

/** What encoding a component goes on with from block to block. */
interface Component {
  readonly quantizers: Float64Array;
  readonly dc: Codes;
  readonly ac: Codes;
  previous: number;
}

function prepare({ quantization, dc, ac }: ComponentTables): Component {
  return {
    quantizers: quantizers(quantization),
    dc: huffmanCodes(dc),
    ac: huffmanCodes(ac),
    previous: 0,
  };
}

function encodeBlocks(raster: Raster, components: readonly Component[]): Uint8Array {
  const { width, height } = raster;
  const writer = new EntropyWriter();
  const blocks = components.map(() => new Float64Array(64));
  const coefficients = new Int32Array(64);
  const load = raster.channels === 1 ? loadGray : loadColor;
  for (let top = 0; top < height; top += 8) {
    for (let left = 0; left < width; left += 8) {
      load(raster, left, top, blocks);
      for (let n = 0; n < components.length; n++) {
        const component = components[n]!;
        transform(blocks[n]!);
        quantize(blocks[n]!, component.quantizers, coefficients);
        writer.block(coefficients, component.previous, component.dc, component.ac);
        component.previous = coefficients[0]!;
      }
    }
  }
  return writer.finish();
}

/** Added before the fraction is cut off, so that numbers of either sign are rounded. */
const ROUNDING = 32768;

function quantize(block: Float64Array, quantizers: Float64Array, coefficients: Int32Array): void {
  for (let at = 0; at < 64; at++) {
    coefficients[at] = ((block[ZIGZAG[at]!]! * quantizers[at]! + (ROUNDING + 0.5)) | 0) - ROUNDING;
  }
}

type Load = (
  raster: Raster,
  left: number,
  top: number,
  blocks: readonly Float64Array[],
) => void;

/** The samples of a block around zero; beyond the border the last ones are repeated. */
const loadGray: Load = ({ width, height, samples }, left, top, [block]) => {
  for (let at = 0; at < 64; at++) {
    const x = Math.min(left + (at & 7), width - 1);
    const y = Math.min(top + (at >> 3), height - 1);
    block![at] = samples[y * width + x]! - 128;
  }
};

/** The same for luminance and both chrominances (T.871, Section 7). */
const loadColor: Load = ({ width, height, samples }, left, top, [luminance, blue, red]) => {
  for (let at = 0; at < 64; at++) {
    const x = Math.min(left + (at & 7), width - 1);
    const y = Math.min(top + (at >> 3), height - 1);
    const from = 3 * (y * width + x);
    const r = samples[from]!;
    const g = samples[from + 1]!;
    const b = samples[from + 2]!;
    luminance![at] = 0.299 * r + 0.587 * g + 0.114 * b - 128;
    blue![at] = -0.168735892 * r - 0.331264108 * g + 0.5 * b;
    red![at] = 0.5 * r - 0.418687589 * g - 0.081312411 * b;
  }
};
