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

/** Binomial weights of five neighbours. */
const KERNEL = [1, 4, 6, 4, 1] as const;

/** Lines of samples to go along. */
interface Lines {
  readonly count: number;
  /** From one line to the next. */
  readonly stride: number;
  /** Samples of a line, and from one to the next. */
  readonly size: number;
  readonly step: number;
}

/** The image with each pixel a mean of its 5 x 5 neighbours, by binomial weights and rounded down; the border repeats. */
export function smooth(raster: Raster): Raster {
  const { width, height, channels, samples } = raster;
  const line = width * channels;
  const means = new Float32Array(samples.length);
  const result = new (samples instanceof Uint8Array ? Uint8Array : Uint16Array)(samples.length);
  for (let channel = 0; channel < channels; channel++) {
    const rows = { count: height, stride: line, size: width, step: channels };
    convolve(samples.subarray(channel), means.subarray(channel), rows);
    const columns = { count: width, stride: channels, size: height, step: line };
    convolve(means.subarray(channel), result.subarray(channel), columns);
  }
  return { ...raster, samples: result };
}

type Numbers = Float32Array | Uint8Array | Uint16Array;

/** Weighs each sample with its neighbours in the line. */
function convolve(from: Numbers, to: Numbers, { count, stride, size, step }: Lines): void {
  for (let line = 0; line < count; line++) {
    const start = line * stride;
    for (let at = 0; at < size; at++) {
      let sum = 0;
      for (let k = -2; k <= 2; k++) {
        const neighbour = Math.min(Math.max(at + k, 0), size - 1);
        sum += KERNEL[k + 2]! * from[start + neighbour * step]!;
      }
      to[start + at * step] = sum / 16;
    }
  }
}
