import type { DataElement, DataSet } from "../dicom/data_set.ts";
import type { Tag } from "../dicom/tag.ts";
import { valueText } from "../dicom/values.ts";
import { DicomError } from "../errors.ts";
import { IMAGE_TAG } from "./tags.ts";

/** PS3.3 Section C.7.6.3.1.2: what the samples of a pixel mean. */
export const PHOTOMETRICS = [
  "MONOCHROME1",
  "MONOCHROME2",
  "PALETTE COLOR",
  "RGB",
  "YBR_FULL",
  "YBR_FULL_422",
  "YBR_PARTIAL_422",
  "YBR_PARTIAL_420",
  "YBR_ICT",
  "YBR_RCT",
] as const;

/** A photometric interpretation that we know. */
export type Photometric = typeof PHOTOMETRICS[number];

/** What Pixel Data holds (PS3.3 Section C.7.6.3); every number has been checked to be in its range. */
export interface PixelDescription {
  readonly rows: number;
  readonly columns: number;
  readonly samplesPerPixel: number;
  readonly bitsAllocated: number;
  readonly bitsStored: number;
  readonly highBit: number;
  readonly signed: boolean;
  readonly photometric: Photometric;
  /** 0: sample by sample; 1: plane by plane. */
  readonly planarConfiguration: 0 | 1;
  readonly numberOfFrames: number;
  /** Which element the samples are in: Pixel Data, Float Pixel Data or Double Float Pixel Data. */
  readonly sampleKind: "integer" | "float" | "double";
  /** Of the samples as they are now. */
  readonly transferSyntaxUid: string;
}

/** No frame that takes more than this when decoded is touched, in bytes. */
const MAXIMUM_FRAME_BYTES = 268435456;
const MAXIMUM_FRAMES = 1_000_000;
/** Transfer syntaxes of videos, of which one fragment may hold all frames. */
const VIDEO = /^1\.2\.840\.10008\.1\.2\.4\.10\d/;

/** What an element with pixels may hold. */
const SAMPLES = {
  integer: { tag: IMAGE_TAG.pixelData, bits: [1, 8, 16, 24, 32] },
  float: { tag: IMAGE_TAG.floatPixelData, bits: [32] },
  double: { tag: IMAGE_TAG.doublePixelData, bits: [64] },
} as const satisfies Record<PixelDescription["sampleKind"], { tag: Tag; bits: readonly number[] }>;

/** The element with the pixels, if there is one. */
export function pixelElement(
  dataSet: DataSet,
): { readonly kind: PixelDescription["sampleKind"]; readonly element: DataElement } | undefined {
  for (const kind of ["integer", "float", "double"] as const) {
    const element = dataSet.get(SAMPLES[kind].tag);
    if (element) return { kind, element };
  }
  return undefined;
}

/**
 * What `dataSet` says of its pixels; missing attributes are what Orthanc takes them for. Nothing is allocated:
 * rows x columns x samples x frames are compared with the bytes that are there.
 *
 * @throws DicomError `not-implemented` if there are no pixels, `bad-file` if numbers contradict each other or the bytes
 */
export function describePixels(dataSet: DataSet, transferSyntaxUid: string): PixelDescription {
  const found = pixelElement(dataSet);
  if (!found) throw new DicomError("not-implemented", "Cannot read pixels: there are none");
  const { kind, element } = found;
  const number = (tag: Tag, fallback: number) => wholeNumber(dataSet, tag) ?? fallback;
  const samplesPerPixel = number(IMAGE_TAG.samplesPerPixel, 1);
  const bitsAllocated = number(IMAGE_TAG.bitsAllocated, SAMPLES[kind].bits[0]);
  const bitsStored = kind === "integer"
    ? number(IMAGE_TAG.bitsStored, bitsAllocated)
    : bitsAllocated;
  const description: PixelDescription = {
    rows: number(IMAGE_TAG.rows, 0),
    columns: number(IMAGE_TAG.columns, 0),
    samplesPerPixel,
    bitsAllocated,
    bitsStored,
    highBit: kind === "integer" ? number(IMAGE_TAG.highBit, bitsStored - 1) : bitsAllocated - 1,
    signed: kind !== "integer" || number(IMAGE_TAG.pixelRepresentation, 0) !== 0,
    photometric: photometricOf(dataSet, samplesPerPixel),
    planarConfiguration: number(IMAGE_TAG.planarConfiguration, 0) === 1 ? 1 : 0,
    numberOfFrames: Math.max(1, number(IMAGE_TAG.numberOfFrames, 1)),
    sampleKind: kind,
    transferSyntaxUid,
  };
  checkNumbers(description);
  checkBytes(description, element);
  return description;
}

/** Bits of one frame as native Pixel Data has it; YBR_FULL_422 shares chrominance (PS3.3 Section C.7.6.3.1.2). */
export function frameBits(description: PixelDescription): number {
  const { rows, columns, samplesPerPixel, bitsAllocated, photometric } = description;
  const samples = SAMPLES_OF_SUBSAMPLED[photometric] ?? samplesPerPixel;
  return rows * columns * samples * bitsAllocated;
}

/** Bytes of one frame as native Pixel Data has it, the last one filled up. */
export function frameBytes(description: PixelDescription): number {
  return Math.ceil(frameBits(description) / 8);
}

/** Samples a pixel has on average where neighbours share chrominance. */
const SAMPLES_OF_SUBSAMPLED: Partial<Record<Photometric, number>> = {
  "YBR_FULL_422": 2,
  "YBR_PARTIAL_422": 2,
  "YBR_PARTIAL_420": 1.5,
};

function photometricOf(dataSet: DataSet, samplesPerPixel: number): Photometric {
  const element = dataSet.get(IMAGE_TAG.photometricInterpretation);
  const text = element && valueText(element, dataSet);
  return PHOTOMETRICS.find((name) => name === text?.trim()) ??
    (samplesPerPixel === 1 ? "MONOCHROME2" : "RGB");
}

/** The first whole number of an element; undefined if it has none. */
function wholeNumber(dataSet: DataSet, tag: Tag): number | undefined {
  const element = dataSet.get(tag);
  const text = element && (valueText(element, dataSet) ?? "").split("\\", 1)[0]!.trim();
  if (text === undefined || text === "") return undefined;
  if (!/^[+-]?\d{1,10}$/.test(text)) throw badPixels("an attribute is no whole number");
  return Number(text);
}

function checkNumbers(description: PixelDescription): void {
  const { rows, columns, samplesPerPixel, bitsAllocated, bitsStored, highBit } = description;
  const { numberOfFrames, sampleKind, photometric } = description;
  const bits: readonly number[] = SAMPLES[sampleKind].bits;
  const facts: readonly (readonly [boolean, string])[] = [
    [rows >= 1 && rows <= 65535 && columns >= 1 && columns <= 65535, "rows or columns"],
    [samplesPerPixel === 1 || samplesPerPixel === 3 || samplesPerPixel === 4, "samples per pixel"],
    [bits.includes(bitsAllocated), "bits allocated"],
    [bitsStored >= 1 && bitsStored <= bitsAllocated, "bits stored"],
    [highBit >= bitsStored - 1 && highBit < bitsAllocated, "high bit"],
    [numberOfFrames <= MAXIMUM_FRAMES, "number of frames"],
    [!(photometric in SAMPLES_OF_SUBSAMPLED) || samplesPerPixel === 3, "samples of YBR"],
  ];
  const wrong = facts.find(([right]) => !right);
  if (wrong) throw badPixels(`${wrong[1]} cannot be so`);
}

function checkBytes(description: PixelDescription, { length, fragments }: DataElement): void {
  if (frameBytes(description) > MAXIMUM_FRAME_BYTES) {
    throw badPixels(`a frame takes more than ${MAXIMUM_FRAME_BYTES} bytes`);
  }
  if (fragments) {
    const needed = VIDEO.test(description.transferSyntaxUid) ? 1 : description.numberOfFrames;
    if (fragments.length > needed) return; // the first is the offset table
    throw badPixels(`${needed} frames are described and ${fragments.length - 1} fragments there`);
  }
  const needed = Math.ceil(frameBits(description) * description.numberOfFrames / 8);
  if (needed <= length) return;
  throw badPixels(`${needed} bytes are described and ${length} are there`);
}

/** The failure of reading pixels that are not as they should be. */
export function badPixels(fact: string): DicomError {
  return new DicomError("bad-file", `Cannot read pixels: ${fact}`);
}
