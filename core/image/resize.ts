import type { Raster } from "./raster.ts";

/** The size asked for; 0 for a side that follows from the other. */
export interface WantedSize {
  readonly width: number;
  readonly height: number;
}

const { fround } = Math;

/** Largest side of a result, in pixels. */
const MAXIMUM_SIDE = 65535;

/** The largest size within `wanted` with the proportions of the original; at least one pixel. */
export function fit(original: WantedSize, wanted: WantedSize): WantedSize {
  const ratioX = fround(wanted.width / original.width);
  const ratioY = fround(wanted.height / original.height);
  const ratio = wanted.width === 0 || wanted.height === 0
    ? Math.max(ratioX, ratioY) || 1
    : Math.min(ratioX, ratioY);
  const side = (length: number) =>
    Math.min(Math.max(Math.floor(fround(ratio * length) + 0.5), 1), MAXIMUM_SIDE);
  return { width: side(original.width), height: side(original.height) };
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

/** The image with each pixel a mean of its 5 x 5 neighbours, by binomial weights; the border repeats. */
export function smooth(raster: Raster): Raster {
  const { width, height, channels, samples } = raster;
  const sums = new Float32Array(samples.length);
  convolve(samples, sums, { count: height, stride: width * channels, size: width, step: channels });
  const result = new (samples instanceof Uint8Array ? Uint8Array : Uint16Array)(samples.length);
  convolve(sums, result, { count: width, stride: channels, size: height, step: width * channels });
  return { ...raster, samples: result };

  /** Lines of `size` pixels that lie `step` apart; `count` lines lie `stride` apart. */
  function convolve(
    from: ArrayLike<number>,
    to: Float32Array | Uint8Array | Uint16Array,
    line: { count: number; stride: number; size: number; step: number },
  ): void {
    for (let n = 0; n < line.count; n++) {
      for (let channel = 0; channel < channels; channel++) {
        const start = n * line.stride + channel;
        for (let at = 0; at < line.size; at++) {
          let sum = 0;
          for (let k = -2; k <= 2; k++) {
            const neighbour = Math.min(Math.max(at + k, 0), line.size - 1);
            sum += KERNEL[k + 2]! * from[start + neighbour * line.step]!;
          }
          to[start + at * line.step] = sum / 16; // rounded down where the result is whole
        }
      }
    }
  }
}
