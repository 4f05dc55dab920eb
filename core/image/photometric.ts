import type { Photometric, PixelDescription } from "./pixels.ts";

/** Colour samples of 8 or 16 bits. */
export type ColorSamples = Uint8Array | Uint16Array;

/** Turns three samples of a pixel into red, green and blue in place; `middle` is the colour difference of gray. */
type ToRgb = (samples: ColorSamples, middle: number, maximum: number) => void;

/** How samples of each interpretation become RGB; those without a row are RGB already, or have one sample. */
const TO_RGB: Partial<Record<Photometric, ToRgb>> = {
  "YBR_FULL": fromYbrFull,
  "YBR_FULL_422": fromYbrFull,
  "YBR_ICT": fromYbrFull,
  "YBR_PARTIAL_422": fromYbrPartial,
  "YBR_PARTIAL_420": fromYbrPartial,
  "YBR_RCT": fromYbrRct,
};

/** Red, green and blue, pixel by pixel; `samples` are three for each pixel in its turn, and are changed. */
export function toRgb<T extends ColorSamples>(samples: T, photometric: Photometric): T {
  const maximum = samples instanceof Uint8Array ? 255 : 65535;
  TO_RGB[photometric]?.(samples, (maximum + 1) / 2, maximum);
  return samples;
}

/** PS3.3 Section C.7.6.3.1.2: the full range of ITU-T T.871. */
function fromYbrFull(samples: ColorSamples, middle: number, maximum: number): void {
  for (let at = 0; at + 2 < samples.length; at += 3) {
    const y = samples[at]!;
    const cb = samples[at + 1]! - middle;
    const cr = samples[at + 2]! - middle;
    samples[at] = clamp(y + 1.402 * cr, maximum);
    samples[at + 1] = clamp(y - 0.344136286 * cb - 0.714136286 * cr, maximum);
    samples[at + 2] = clamp(y + 1.772 * cb, maximum);
  }
}

/** PS3.3 Section C.7.6.3.1.2: black is 16, white 235, colour differences 16 to 240, of 8 bits. */
function fromYbrPartial(samples: ColorSamples, middle: number, maximum: number): void {
  const step = (maximum + 1) / 256;
  for (let at = 0; at + 2 < samples.length; at += 3) {
    const y = (samples[at]! - 16 * step) * 255 / 219;
    const cb = (samples[at + 1]! - middle) * 255 / 224;
    const cr = (samples[at + 2]! - middle) * 255 / 224;
    samples[at] = clamp(y + 1.402 * cr, maximum);
    samples[at + 1] = clamp(y - 0.344136286 * cb - 0.714136286 * cr, maximum);
    samples[at + 2] = clamp(y + 1.772 * cb, maximum);
  }
}

/** ISO/IEC 15444-1 Section G.2: the reversible transform, offset to be positive. */
function fromYbrRct(samples: ColorSamples, middle: number, maximum: number): void {
  for (let at = 0; at + 2 < samples.length; at += 3) {
    const cb = samples[at + 1]! - middle;
    const cr = samples[at + 2]! - middle;
    const green = samples[at]! - Math.floor((cb + cr) / 4);
    samples[at] = clamp(cr + green, maximum);
    samples[at + 1] = clamp(green, maximum);
    samples[at + 2] = clamp(cb + green, maximum);
  }
}

function clamp(value: number, maximum: number): number {
  return value <= 0 ? 0 : value >= maximum ? maximum : Math.floor(value + 0.5);
}

/** Two pixels are Y1 Y2 Cb Cr (PS3.3 Section C.7.6.3.1.2); each gets three samples of its own. */
export function expand422<T extends ColorSamples>(samples: T, description: PixelDescription): T {
  const { rows, columns } = description;
  const result =
    (samples instanceof Uint8Array
      ? new Uint8Array(rows * columns * 3)
      : new Uint16Array(rows * columns * 3)) as T; // the type of `samples`
  for (let from = 0, to = 0; from + 3 < samples.length && to < result.length; from += 4, to += 6) {
    const cb = samples[from + 2]!;
    const cr = samples[from + 3]!;
    result[to] = samples[from]!;
    result[to + 1] = cb;
    result[to + 2] = cr;
    if (to + 5 >= result.length) break;
    result[to + 3] = samples[from + 1]!;
    result[to + 4] = cb;
    result[to + 5] = cr;
  }
  return result;
}
