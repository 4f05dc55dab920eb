import { Buffer } from "node:buffer";
import type { DataElement, DataSet } from "../data_set.ts";
import { elementOf, tagHex } from "../tag.ts";
import { valueText } from "../values.ts";
import { type Vr, vrInfo } from "../vr.ts";

/** An attribute in the DICOM JSON Model (PS3.18 Section F.2.2). */
export interface JsonAttribute {
  readonly vr: Vr;
  readonly Value?: readonly JsonValue[];
  /** Base64. */
  readonly InlineBinary?: string;
  readonly BulkDataURI?: string;
}

/** One value: null for an empty one among others. */
export type JsonValue = string | number | null | PersonNameGroups | DicomJson;

/** Component groups of a name (PS3.18 Section F.2.2); those that are empty are left out. */
export interface PersonNameGroups {
  readonly Alphabetic?: string;
  readonly Ideographic?: string;
  readonly Phonetic?: string;
}

/** A data set in the DICOM JSON Model: attributes by tag, eight hexadecimal digits in upper case. */
export interface DicomJson {
  readonly [tag: string]: JsonAttribute;
}

/** The address of a value that is not in the JSON, given the path that leads to it: tags, and numbers of items. */
export type BulkDataUri = (path: readonly string[]) => string;

/**
 * A data set in the DICOM JSON Model (PS3.18 Annex F), without group lengths. Values that the data set does not hold,
 * and fragments, are referred to.
 */
export function dicomJson(
  dataSet: DataSet,
  bulkDataUri: BulkDataUri,
  path: readonly string[] = [],
): DicomJson {
  const attributes = dataSet.elements.filter(({ tag }) => elementOf(tag) !== 0).map((element) => {
    const hex = tagHex(element.tag);
    const own = [...path, `${hex.slice(0, 4)}-${hex.slice(4)}`];
    return [hex.toUpperCase(), attribute(element, dataSet, { bulkDataUri, path: own })] as const;
  });
  return Object.fromEntries(attributes);
}

interface Place {
  readonly bulkDataUri: BulkDataUri;
  readonly path: readonly string[];
}

function attribute(
  element: DataElement,
  dataSet: DataSet,
  { bulkDataUri, path }: Place,
): JsonAttribute {
  const { vr, items, bytes, length, fragments } = element;
  if (items) {
    const values = items.map((item, at) => dicomJson(item, bulkDataUri, [...path, String(at)]));
    return values.length === 0 ? { vr } : { vr, Value: values };
  }
  if (fragments || (bytes === undefined && length > 0)) {
    return { vr, BulkDataURI: bulkDataUri(path) };
  }
  if (bytes === undefined || bytes.length === 0) return { vr };
  if (vrInfo(vr).kind === "binary") {
    return { vr, InlineBinary: Buffer.from(inLittleEndian(bytes, vr, dataSet)).toString("base64") };
  }
  const text = valueText(element, dataSet);
  return text === undefined || text === "" ? { vr } : { vr, Value: valuesOf(text, vr) };
}

/** PS3.18 Section F.2.7: binary values are little endian whatever the file. */
function inLittleEndian(bytes: Uint8Array, vr: Vr, { encoding }: DataSet): Uint8Array {
  const { unit } = vrInfo(vr);
  if (encoding.littleEndian || unit === 1) return bytes;
  const swapped = bytes.slice();
  for (let at = 0; at + unit <= swapped.length; at += unit) {
    swapped.subarray(at, at + unit).reverse();
  }
  return swapped;
}

/** VRs of one value, in which a backslash is a character (PS3.5 Section 6.4). */
const SINGLE: ReadonlySet<Vr> = new Set(["LT", "ST", "UT", "UR"]);
/** VRs whose values are numbers (PS3.18 Table F.2.3-1). */
const NUMERIC: ReadonlySet<Vr> = new Set([
  ...["DS", "FD", "FL", "IS", "SL", "SS", "SV", "UL", "US", "UV"] as const,
]);

function valuesOf(text: string, vr: Vr): JsonValue[] {
  const texts = SINGLE.has(vr) ? [text] : text.split("\\");
  return texts.map((one) => one === "" ? null : valueOf(one, vr));
}

function valueOf(text: string, vr: Vr): JsonValue {
  if (vr === "PN") return personName(text);
  if (vr === "AT") return text.replace(",", "").toUpperCase();
  if (!NUMERIC.has(vr)) return text;
  const number = Number(text);
  // What no number of JSON is, and what would lose digits, stays a text.
  const isExact = Number.isFinite(number) &&
    (!Number.isInteger(number) || Number.isSafeInteger(number));
  return isExact && text.trim() !== "" ? number : text;
}

const GROUPS = ["Alphabetic", "Ideographic", "Phonetic"] as const;

function personName(text: string): PersonNameGroups {
  const groups = text.split("=").slice(0, GROUPS.length);
  return Object.fromEntries(
    groups.map((group, at) => [GROUPS[at], group] as const).filter(([, group]) => group !== ""),
  );
}
