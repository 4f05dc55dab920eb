import type { DataSet } from "../dicom/data_set.ts";
import { TAG, type Tag } from "../dicom/tag.ts";
import { valueText } from "../dicom/values.ts";
import type { PixelFile } from "./frames.ts";
import { readLut } from "./lut.ts";
import { IMAGE_TAG } from "./tags.ts";
import type { GrayTransform, Modality, Voi, WindowFunction } from "./window.ts";

/** The window that a client asks for, in whole or in part. */
export interface WantedWindow {
  readonly center?: number;
  readonly width?: number;
}

/** Rescaling of stored values to those with a meaning (PS3.3 Section C.11.1.1.2). */
export interface Rescale {
  readonly slope: number;
  readonly intercept: number;
}

/** RT Dose Storage: Orthanc does not rescale it, whatever it says. */
const RT_DOSE = "1.2.840.10008.5.1.4.1.1.481.2";
/** The range of more bits than these is wider than what they hold. */
const WIDEST_RANGE = 16;
const NO_RESCALE: Rescale = { slope: 1, intercept: 0 };

/** How frame `frame` (from 0) of a file is to be shown: as the client, the file, or else its bits say. */
export function readGrayTransform(
  file: PixelFile,
  frame: number,
  wanted: WantedWindow,
): GrayTransform {
  const modality = readModality(file, frame);
  return {
    modality,
    voi: readVoi(file, { frame, wanted, modality }),
    padding: readPadding(file),
  };
}

/** The rescaling of a frame: of the file, else of its functional groups (as Orthanc does). */
export function readRescale({ dataSet }: PixelFile, frame: number): Rescale {
  return findRescale(dataSet, frame) ?? NO_RESCALE;
}

function findRescale(dataSet: DataSet, frame: number): Rescale | undefined {
  if (textOf(dataSet, TAG.sopClassUid) === RT_DOSE) return NO_RESCALE;
  return rescaleIn(dataSet) ??
    firstOf(groups(dataSet, frame, IMAGE_TAG.pixelValueTransformation), rescaleIn);
}

function rescaleIn(dataSet: DataSet): Rescale | undefined {
  const slope = numberOf(dataSet, IMAGE_TAG.rescaleSlope);
  const intercept = numberOf(dataSet, IMAGE_TAG.rescaleIntercept);
  return slope === undefined || intercept === undefined ? undefined : { slope, intercept };
}

function readModality({ dataSet, description }: PixelFile, frame: number): Modality {
  const rescale = findRescale(dataSet, frame);
  const item = dataSet.get(IMAGE_TAG.modalityLutSequence)?.items?.[0];
  if (rescale || !item) return { kind: "linear", ...(rescale ?? NO_RESCALE) };
  return { kind: "lut", lut: readLut(item, description.signed) };
}

interface VoiNeeds {
  readonly frame: number;
  readonly wanted: WantedWindow;
  readonly modality: Modality;
}

function readVoi({ dataSet, description }: PixelFile, { frame, wanted, modality }: VoiNeeds): Voi {
  const isWanted = wanted.center !== undefined || wanted.width !== undefined;
  const found = windowIn(dataSet) ??
    firstOf(groups(dataSet, frame, IMAGE_TAG.frameVoiLut), windowIn);
  if (!found && !isWanted) {
    const item = dataSet.get(IMAGE_TAG.voiLutSequence)?.items?.[0];
    const isSigned = description.signed || (modality.kind === "linear" && modality.intercept < 0);
    if (item) return { kind: "lut", lut: readLut(item, isSigned) };
    if (description.bitsStored > WIDEST_RANGE) return { kind: "extent" };
  }
  return { kind: "window", ...(found ?? wholeRange(description.bitsStored, modality)), ...wanted };
}

type Window = Omit<Voi & { kind: "window" }, "kind">;

/** The first window of a data set or item. */
function windowIn(dataSet: DataSet): Window | undefined {
  const center = numberOf(dataSet, IMAGE_TAG.windowCenter);
  const width = numberOf(dataSet, IMAGE_TAG.windowWidth);
  if (center === undefined || width === undefined) return undefined;
  return { center, width, function: windowFunction(dataSet) };
}

/** The function that the file names; Orthanc's where it names none. */
function windowFunction(dataSet: DataSet): WindowFunction {
  const text = textOf(dataSet, IMAGE_TAG.voiLutFunction);
  return text === "LINEAR" || text === "LINEAR_EXACT" || text === "SIGMOID" ? text : "orthanc";
}

/** A window as wide as the bits, of unsigned values that are not rescaled (as Orthanc has it). */
function wholeRange(bitsStored: number, modality: Modality): Window {
  const width = 2 ** (modality.kind === "lut" ? modality.lut.bits : bitsStored);
  return { center: width / 2, width, function: "orthanc" };
}

/** Stored values that only fill the image up (PS3.3 Section C.7.5.1.1.2). */
function readPadding({ dataSet, description }: PixelFile): GrayTransform["padding"] {
  const value = numberOf(dataSet, IMAGE_TAG.pixelPaddingValue);
  if (value === undefined) return undefined;
  const asStored = (number: number) => {
    const { signed } = description;
    if (signed && number > 32767) return number - 65536; // written as US
    return !signed && number < 0 ? number + 65536 : number;
  };
  const from = asStored(value);
  const to = asStored(numberOf(dataSet, IMAGE_TAG.pixelPaddingRangeLimit) ?? value);
  return [Math.min(from, to), Math.max(from, to)];
}

/** The items of functional group `tag` of a frame, its own before the shared one (PS3.3 Section C.7.6.16). */
function* groups(dataSet: DataSet, frame: number, tag: Tag): Generator<DataSet> {
  const own = dataSet.get(IMAGE_TAG.perFrameFunctionalGroups)?.items?.[frame];
  const shared = dataSet.get(IMAGE_TAG.sharedFunctionalGroups)?.items?.[0];
  for (const item of [own, shared]) {
    const group = item?.get(tag)?.items?.[0];
    if (group) yield group;
  }
}

function firstOf<T>(items: Iterable<DataSet>, find: (item: DataSet) => T | undefined) {
  for (const item of items) {
    const found = find(item);
    if (found !== undefined) return found;
  }
  return undefined;
}

function textOf(dataSet: DataSet, tag: Tag): string {
  const element = dataSet.get(tag);
  const text = element && valueText(element, dataSet);
  return (text ?? "").split("\\", 1)[0]!.trim();
}

/** The first number of an element; undefined if it has none. */
function numberOf(dataSet: DataSet, tag: Tag): number | undefined {
  const text = textOf(dataSet, tag);
  const number = text ? Number(text) : NaN;
  return Number.isFinite(number) ? number : undefined;
}
