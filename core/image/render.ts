import { DicomError } from "../errors.ts";
import type { Image } from "./decoded.ts";
import type { Raster } from "./raster.ts";
import { fit, resize, smooth, type WantedSize } from "./resize.ts";
import type { SampleArray } from "./samples.ts";
import {
  type GrayMap,
  grayMap,
  type GrayTransform,
  type GrayValues,
  stretchMap,
} from "./window.ts";

/** What becomes of the numbers of an image; each is one of Orthanc's routes. */
export type Rendering =
  /** Gray from the smallest to the largest value. */
  | { readonly kind: "preview" }
  /** Gray as the file, or the client, says. */
  | {
    readonly kind: "rendered";
    readonly gray: GrayTransform;
    readonly size: WantedSize;
    readonly smooth: boolean;
  }
  /** The numbers themselves, as far as the type can hold them. */
  | { readonly kind: "uint8" | "uint16" | "int16" };

/**
 * The picture of an image.
 *
 * @throws DicomError `not-implemented` for colours as numbers of 16 bits
 */
export function render(image: Image, rendering: Rendering): Raster {
  switch (rendering.kind) {
    case "preview":
      return image.kind === "color" ? colorRaster(image) : mapped(image, stretchMap);
    case "rendered":
      if (image.kind === "color") return sized(colorRaster(image), rendering);
      return rendered(image, rendering);
    case "uint8":
      return image.kind === "color" ? colorRaster(image) : grayRaster(image, clamped8(image));
    case "uint16":
      return grayRaster(image, clamped16(grayOnly(image), 0, 65535));
    case "int16":
      return grayRaster(image, clamped16(grayOnly(image), -32768, 32767));
  }
}

type GrayImage = Image & { kind: "gray" };

/** Colours of 16 bits lose their lower half. */
function colorRaster({ width, height, samples }: Image & { kind: "color" }): Raster {
  const bytes = samples instanceof Uint8Array
    ? samples
    : Uint8Array.from(samples, (sample) => sample >> 8);
  return { width, height, channels: 3, samples: bytes };
}

function grayRaster({ width, height }: Image, samples: Uint8Array | Uint16Array): Raster {
  return { width, height, channels: 1, samples };
}

function grayOnly(image: Image): GrayImage {
  if (image.kind === "gray") return image;
  throw new DicomError("not-implemented", "Cannot give numbers of 16 bits: the image has colours");
}

/** The smallest and the largest value; those that are no numbers do not count. */
function extent(samples: SampleArray): readonly [least: number, most: number] {
  let least = Infinity;
  let most = -Infinity;
  for (let at = 0; at < samples.length; at++) {
    const value = samples[at]!;
    if (value < least) least = value;
    if (value > most) most = value;
  }
  return Number.isFinite(most - least) ? [least, most] : [0, 0];
}

/** Values further apart are not looked up in a table. */
const MAXIMUM_TABLE = 65536;

/** The gray of each sample; each value is computed once where there are few different ones. */
function mapped(image: GrayImage, mapOf: (values: GrayValues) => GrayMap): Raster {
  const { samples, inverted } = image;
  const [least, most] = extent(samples);
  const gray = mapOf({ inverted, extent: [least, most] });
  const result = new Uint8Array(samples.length);
  const isWhole = !(samples instanceof Float32Array || samples instanceof Float64Array);
  if (isWhole && most - least < MAXIMUM_TABLE) {
    const table = Uint8Array.from({ length: most - least + 1 }, (_, at) => gray(at + least));
    for (let at = 0; at < result.length; at++) result[at] = table[samples[at]! - least]!;
  } else {
    for (let at = 0; at < result.length; at++) result[at] = gray(samples[at]!);
  }
  return grayRaster(image, result);
}

/** Sized before it is inverted, for smoothing rounds down (as with Orthanc). */
function rendered(image: GrayImage, rendering: Rendering & { kind: "rendered" }): Raster {
  const raster = sized(mapped(image, (values) => grayMap(rendering.gray, values)), rendering);
  if (!image.inverted) return raster;
  return { ...raster, samples: raster.samples.map((gray) => 255 - gray) };
}

function clamped8({ samples }: GrayImage): Uint8Array {
  if (samples instanceof Uint8Array) return samples;
  const result = new Uint8Array(samples.length);
  for (let at = 0; at < result.length; at++) {
    const value = samples[at]!;
    result[at] = value <= 0 ? 0 : value >= 255 ? 255 : value;
  }
  return result;
}

/** Numbers of 16 bits; negative ones as their two's complement. */
function clamped16({ samples }: GrayImage, least: number, most: number): Uint16Array {
  const result = new Uint16Array(samples.length);
  for (let at = 0; at < result.length; at++) {
    const value = samples[at]!;
    result[at] = value <= least ? least : value >= most ? most : value;
  }
  return result;
}

function sized(raster: Raster, rendering: Rendering & { kind: "rendered" }): Raster {
  const size = fit(raster, rendering.size);
  const isSame = size.width === raster.width && size.height === raster.height;
  if (isSame) return raster;
  const isSmaller = size.width < raster.width || size.height < raster.height;
  return resize(rendering.smooth && isSmaller ? smooth(raster) : raster, size);
}
