import { DicomError } from "../errors.ts";
import type { Raster } from "./raster.ts";

/** The size asked for; 0 for a side that follows from the other. */
export interface WantedSize {
  readonly width: number;
  readonly height: number;
}

const { fround } = Math;

/** No result has more pixels. */
const MAXIMUM_PIXELS = 67108864;

/**
 * The largest size within `wanted` with the proportions of the original; at least one pixel.
 *
 * @throws DicomError `not-enough-memory` if it is too large
 */
export function fit(original: WantedSize, wanted: WantedSize): WantedSize {
  const ratioX = fround(wanted.width / original.width);
  const ratioY = fround(wanted.height / original.height);
  const ratio = wanted.width === 0 || wanted.height === 0
    ? Math.max(ratioX, ratioY) || 1
    : Math.min(ratioX, ratioY);
  const side = (length: number) => Math.max(Math.floor(fround(ratio * length) + 0.5), 1);
  const size = { width: side(original.width), height: side(original.height) };
  if (size.width * size.height <= MAXIMUM_PIXELS) return size;
  const fact = `it would have more than ${MAXIMUM_PIXELS} pixels`;
  throw new DicomError("not-enough-memory", `Cannot resize image: ${fact}`);
}

/** The nearest pixel of `raster` for each pixel of the result (as Orthanc does). */
export function resize(raster: Raster, { width, height }: WantedSize): Raster {
  const { channels, samples } = raster;
  const columns = nearest(raster.width, width);
  const rows = nearest(raster.height, height);
  const result = samples instanceof Uint8Array
    ? new Uint8Array(width * height * channels)
    : new Uint16Array(width * height * channels);
  let to = 0;
  for (const row of rows) {
    const line = row * raster.width;
    for (const column of columns) {
      const from = (line + column) * channels;
      for (let channel = 0; channel < channels; channel++) result[to++] = samples[from + channel]!;
    }
  }
  return { width, height, channels, samples: result };
}

function nearest(from: number, to: number): Uint32Array {
  const scale = fround(from / to);
  return Uint32Array.from(
    { length: to },
    (_, at) => Math.min(Math.floor(fround(fround(at + 0.5) * scale)), from - 1),
  );
}

/** The image with each pixel a mean of its 5 x 5 neighbours, by binomial weights and rounded down; the border repeats. */
export function smooth(raster: Raster): Raster {
  const { width, height, channels, samples } = raster;
  const line = width * channels;
  const means = new Float32Array(samples.length);
  const result = new (samples instanceof Uint8Array ? Uint8Array : Uint16Array)(samples.length);
  for (let row = 0; row < height; row++) {
    smoothAlong(samples, means, row * line, { width, channels });
  }
  for (let row = 0; row < height; row++) {
    const rows = NEIGHBOURS.map((k) => clamp(row + k, height) * line);
    weigh(means, result, { to: row * line, count: line, from: rows });
  }
  return { ...raster, samples: result };
}

type Numbers = Float32Array | Uint8Array | Uint16Array;

const NEIGHBOURS = [-2, -1, 0, 1, 2] as const;

function clamp(at: number, length: number): number {
  return Math.min(Math.max(at, 0), length - 1);
}

/** Weighs the pixels of the row at `start` with their neighbours in it. */
function smoothAlong(
  from: Numbers,
  to: Numbers,
  start: number,
  { width, channels }: { readonly width: number; readonly channels: number },
): void {
  const pixels = (column: number, count: number) =>
    weigh(from, to, {
      to: start + column * channels,
      count: count * channels,
      from: NEIGHBOURS.map((k) => start + clamp(column + k, width) * channels),
    });
  const border = Math.min(2, width);
  for (let column = 0; column < border; column++) pixels(column, 1);
  if (width > 4) pixels(2, width - 4);
  for (let column = Math.max(border, width - 2); column < width; column++) pixels(column, 1);
}

/** Where samples are, and their five neighbours. */
interface Run {
  readonly to: number;
  readonly count: number;
  readonly from: readonly number[];
}

/** Weighs `count` samples with their neighbours: 1, 4, 6, 4 and 1 of 16. */
function weigh(from: Numbers, to: Numbers, run: Run): void {
  const [a = 0, b = 0, c = 0, d = 0, e = 0] = run.from;
  for (let at = 0; at < run.count; at++) {
    const outer = from[a + at]! + from[e + at]!;
    const inner = from[b + at]! + from[d + at]!;
    to[run.to + at] = (outer + 4 * inner + 6 * from[c + at]!) / 16;
  }
}
