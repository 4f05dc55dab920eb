import { lookUp, type Lut } from "./lut.ts";

/** From stored values to values with a meaning (PS3.3 Section C.11.1). */
export type Modality =
  | { readonly kind: "linear"; readonly slope: number; readonly intercept: number }
  | { readonly kind: "lut"; readonly lut: Lut };

/** How a window maps (PS3.3 Section C.11.2.1); `orthanc` is what Orthanc does whatever the function. */
export type WindowFunction = "orthanc" | "LINEAR" | "LINEAR_EXACT" | "SIGMOID";

/** From values with a meaning to what is shown (PS3.3 Section C.11.2). */
export type Voi =
  | {
    readonly kind: "window";
    readonly center: number;
    readonly width: number;
    readonly function: WindowFunction;
  }
  | { readonly kind: "lut"; readonly lut: Lut }
  /** From the smallest to the largest value there is. */
  | { readonly kind: "extent" };

/** How gray values are shown. */
export interface GrayTransform {
  readonly modality: Modality;
  readonly voi: Voi;
  /** Stored values from one to another that are no part of the image, and black (PS3.3 Section C.7.5.1.1.2). */
  readonly padding: readonly [from: number, to: number] | undefined;
}

/** A function of a stored value. */
export type GrayMap = (value: number) => number;

const { fround } = Math;

/** An image of gray values, as far as showing them needs it. */
export interface GrayValues {
  /** MONOCHROME1: the smallest value is white. */
  readonly inverted: boolean;
  /** The smallest and the largest stored value. */
  readonly extent: readonly [least: number, most: number];
}

/** The gray from 0 to 255 of each stored value; if it is to be inverted, then afterwards. */
export function grayMap(transform: GrayTransform, { inverted, extent }: GrayValues): GrayMap {
  const { modality, voi, padding } = transform;
  if (voi.kind === "extent") return stretch(extent);
  const shown = modality.kind === "linear" && voi.kind === "window" && voi.function === "orthanc"
    ? orthancWindow(modality, voi)
    : compose(modalityMap(modality), voiMap(voi));
  if (!padding) return shown;
  const [from, to] = padding;
  const black = inverted ? 255 : 0;
  return (value) => value >= from && value <= to ? black : shown(value);
}

/** From the smallest value, black, to the largest, white, or the other way round. */
export function stretchMap({ inverted, extent }: GrayValues): GrayMap {
  const gray = stretch(extent);
  return inverted ? (value) => 255 - gray(value) : gray;
}

/** In Orthanc's single precision and rounded. */
function stretch([least, most]: GrayValues["extent"]): GrayMap {
  const scaling = most > least ? fround(255 / fround(most - least)) : 0;
  const shift = fround(fround(-least) * scaling);
  return (value) => {
    const scaled = fround(fround(scaling * fround(value)) + shift);
    return scaled >= 255 ? 255 : scaled <= 0 ? 0 : Math.floor(scaled + 0.5);
  };
}

function compose(first: GrayMap, second: GrayMap): GrayMap {
  return (value) => second(first(value));
}

/** Slopes closer to zero are not divided by. */
const LEAST_SLOPE = 1e-6;

/** Rescale and window at once, in single precision and rounded down, as Orthanc computes them. */
function orthancWindow(
  { slope, intercept }: Modality & { kind: "linear" },
  { center, width }: Voi & { kind: "window" },
): GrayMap {
  const usedWidth = Math.max(width, 1);
  const usedSlope = Math.abs(slope) < LEAST_SLOPE ? LEAST_SLOPE : slope;
  const scaling = fround(255 * usedSlope / usedWidth);
  const offset = fround((intercept - center + usedWidth / 2) / usedSlope);
  const shift = fround(offset * scaling);
  return (value) => {
    const gray = fround(fround(scaling * fround(value)) + shift);
    return gray >= 255 ? 255 : gray <= 0 ? 0 : Math.floor(gray);
  };
}

function modalityMap(modality: Modality): GrayMap {
  if (modality.kind === "lut") return (value) => lookUp(modality.lut, value);
  const { slope, intercept } = modality;
  return (value) => value * slope + intercept;
}

function voiMap(voi: Exclude<Voi, { kind: "extent" }>): GrayMap {
  if (voi.kind === "window") return WINDOW_MAPS[voi.function](voi.center, Math.max(voi.width, 1));
  const maximum = 2 ** voi.lut.bits - 1;
  return (value) => clampGray(lookUp(voi.lut, value) * 255 / maximum);
}

const linearExact = (center: number, width: number): GrayMap => (value) =>
  clampGray(((value - center) / width + 0.5) * 255);

/** PS3.3 Sections C.11.2.1.2.1, C.11.2.1.3.2 and C.11.2.1.3.1. */
const WINDOW_MAPS: Record<WindowFunction, (center: number, width: number) => GrayMap> = {
  orthanc: linearExact,
  LINEAR_EXACT: linearExact,
  LINEAR: (center, width) => {
    if (width === 1) return (value) => value <= center - 0.5 ? 0 : 255;
    return (value) => clampGray(((value - (center - 0.5)) / (width - 1) + 0.5) * 255);
  },
  SIGMOID: (center, width) => (value) =>
    clampGray(255 / (1 + Math.exp(-4 * (value - center) / width))),
};

function clampGray(value: number): number {
  return value <= 0 ? 0 : value >= 255 ? 255 : Math.floor(value + 0.5);
}
