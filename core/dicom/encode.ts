import { viewOf } from "../bytes/numbers.ts";
import { ByteWriter } from "../bytes/writer.ts";
import { DicomError } from "../errors.ts";
import { encodeText, fits, UNICODE } from "./encode_text.ts";
import type { NewDataSet, NewElement } from "./new_data_set.ts";
import { elementOf, formatTag, groupOf, parseTag, TAG } from "./tag.ts";
import type { DataSetEncoding } from "./transfer_syntax.ts";
import { type ValueKind, type Vr, vrInfo } from "./vr.ts";

/** How a data set is to be written. */
export interface EncodeOptions {
  readonly encoding: DataSetEncoding;
  /** Of text: a value of (0008,0005); by default the one that the elements declare, see `withCharacterSet()`. */
  readonly characterSet?: string;
}

/** The same, with everything known. */
type Settled = Required<EncodeOptions>;

/** The longest value of a short length field (PS3.5 Section 6.2.2). */
const LONGEST_SHORT = 0xfffe;
/** The longest value of all, for lengths are even and FFFFFFFF has a meaning of its own. */
const LONGEST = 0xfffffffe;

/**
 * A data set in bytes (PS3.5 Section 7): sorted, padded, sequences and items with their lengths.
 *
 * @throws DicomError `bad-request` where a number or tag is none, `bad-type` where the value does not go with the VR
 */
export function encodeDataSet(
  elements: NewDataSet,
  { encoding, characterSet = declaredSet(elements) }: EncodeOptions,
): Uint8Array<ArrayBuffer> {
  const options = { encoding, characterSet };
  const writer = new ByteWriter(options.encoding.littleEndian);
  for (const element of elements.toSorted((a, b) => a.tag - b.tag)) {
    writeElement(writer, element, options);
  }
  return writer.take();
}

/**
 * The same elements with the Specific Character Set in which nothing is lost: `preferred` if it has all
 * characters, else Unicode. Without (0008,0005) if there is only ASCII and `preferred` is empty.
 */
export function withCharacterSet(
  elements: NewDataSet,
  preferred: string,
): { readonly elements: NewDataSet; readonly characterSet: string } {
  const characterSet = fitsAll(elements, preferred) ? preferred : UNICODE;
  const others = elements.filter(({ tag }) => tag !== TAG.specificCharacterSet);
  if (characterSet === "") return { elements: others, characterSet };
  const declared: NewElement = { tag: TAG.specificCharacterSet, vr: "CS", value: characterSet };
  return { elements: [declared, ...others], characterSet };
}

function declaredSet(elements: NewDataSet): string {
  const value = elements.find(({ tag }) => tag === TAG.specificCharacterSet)?.value;
  return typeof value === "string" ? value : "";
}

function fitsAll(elements: NewDataSet, characterSet: string): boolean {
  return elements.every(({ vr, value }) => {
    if (typeof value === "string") {
      return !isText(vr) || fits(value, characterSet, { personName: vr === "PN" });
    }
    return value instanceof Uint8Array || value.every((item) => fitsAll(item, characterSet));
  });
}

function isText(vr: Vr): boolean {
  const { kind } = vrInfo(vr);
  return kind === "text" || kind === "longText";
}

function writeElement(writer: ByteWriter, element: NewElement, options: Settled): void {
  const bytes = valueBytes(element, options);
  const info = vrInfo(element.vr);
  const padded = bytes.length + bytes.length % 2;
  if (padded > LONGEST) throw cannotEncode("bad-type", element, "it is longer than 4 GB");
  writeTag(writer, element);
  if (!options.encoding.explicitVr) writer.u32(padded);
  else writeVrAndLength(writer, element.vr, padded);
  writer.slice(bytes);
  if (padded > bytes.length) writer.u8(info.padding);
}

/** PS3.5 Tables 7.1-1 and 7.1-2; what is too long for a short length field is UN (Section 6.2.2). */
function writeVrAndLength(writer: ByteWriter, vr: Vr, length: number): void {
  const isLong = vrInfo(vr).longLength;
  const written = !isLong && length > LONGEST_SHORT ? "UN" : vr;
  writer.u8(written.charCodeAt(0)).u8(written.charCodeAt(1));
  if (isLong || written === "UN") writer.u16(0).u32(length);
  else writer.u16(length);
}

function writeTag(writer: ByteWriter, { tag }: Pick<NewElement, "tag">): void {
  writer.u16(groupOf(tag)).u16(elementOf(tag));
}

function valueBytes(element: NewElement, options: Settled): Uint8Array {
  const { value, vr } = element;
  if (value instanceof Uint8Array) return value;
  if (typeof value !== "string") return itemsBytes(value, options);
  const { kind } = vrInfo(vr);
  if (value === "") return new Uint8Array(0);
  if (kind === "ascii") return encodeText(value, "");
  if (isText(vr)) return encodeText(value, options.characterSet, { personName: vr === "PN" });
  if (kind === "tag") return tagsBytes(element, value, options);
  const write = NUMBERS[kind];
  if (!write) throw cannotEncode("bad-type", element, `${vr} is not made of text`);
  return numbersBytes(element, value, write, options);
}

/** Items of defined length (PS3.5 Table 7.5-1). */
function itemsBytes(items: readonly NewDataSet[], options: Settled): Uint8Array {
  const writer = new ByteWriter(options.encoding.littleEndian);
  for (const item of items) {
    const bytes = encodeDataSet(item, options);
    writeTag(writer, TAG_OF_ITEM);
    writer.u32(bytes.length).slice(bytes);
  }
  return writer.take();
}

const TAG_OF_ITEM = { tag: TAG.item };

function tagsBytes(element: NewElement, text: string, { encoding }: Settled): Uint8Array {
  const writer = new ByteWriter(encoding.littleEndian);
  for (const part of text.split("\\")) {
    const tag = parseTag(part.trim());
    if (tag === undefined) throw cannotEncode("bad-request", element, "it is not a tag");
    writeTag(writer, { tag });
  }
  return writer.take();
}

type WriteNumber = (view: DataView, at: number, text: string, littleEndian: boolean) => void;

/** How a number of each kind is written; those that do not fit are cut by none, see `inRange()`. */
const NUMBERS: Partial<Record<ValueKind, WriteNumber>> = {
  uint16: (view, at, text, little) => view.setUint16(at, integer(text, 0, 0xffff), little),
  int16: (view, at, text, little) => view.setInt16(at, integer(text, -0x8000, 0x7fff), little),
  uint32: (view, at, text, little) => view.setUint32(at, integer(text, 0, 0xffffffff), little),
  int32: (view, at, text, little) =>
    view.setInt32(at, integer(text, -(2 ** 31), 2 ** 31 - 1), little),
  uint64: (view, at, text, little) =>
    view.setBigUint64(at, bigInteger(text, 0n, 2n ** 64n), little),
  int64: (view, at, text, little) =>
    view.setBigInt64(at, bigInteger(text, -(2n ** 63n), 2n ** 63n), little),
  float32: (view, at, text, little) => view.setFloat32(at, decimal(text), little),
  float64: (view, at, text, little) => view.setFloat64(at, decimal(text), little),
};

function numbersBytes(
  element: NewElement,
  text: string,
  write: WriteNumber,
  { encoding }: Settled,
): Uint8Array {
  const { unit } = vrInfo(element.vr);
  const parts = text.split("\\");
  const bytes = new Uint8Array(parts.length * unit);
  const view = viewOf(bytes);
  try {
    parts.forEach((part, index) => write(view, index * unit, part.trim(), encoding.littleEndian));
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw cannotEncode("bad-request", element, `it is not a number of ${element.vr}`);
  }
  return bytes;
}

/** @throws RangeError */
function integer(text: string, from: number, to: number): number {
  const number = /^[+-]?\d{1,20}$/.test(text) ? Number(text) : NaN;
  if (!(number >= from && number <= to)) throw new RangeError();
  return number;
}

/** @throws RangeError */
function bigInteger(text: string, from: bigint, beyond: bigint): bigint {
  const digits = /^\+?(-?\d{1,20})$/.exec(text)?.[1];
  const number = digits === undefined ? beyond : BigInt(digits);
  if (number < from || number >= beyond) throw new RangeError();
  return number;
}

/** As `formatDouble()` writes it. @throws RangeError */
function decimal(text: string): number {
  const special = SPECIAL_DECIMALS[text];
  if (special !== undefined) return special;
  if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text)) throw new RangeError();
  return Number(text);
}

const SPECIAL_DECIMALS: Readonly<Record<string, number>> = {
  nan: NaN,
  inf: Infinity,
  "-inf": -Infinity,
};

function cannotEncode(code: "bad-request" | "bad-type", { tag }: NewElement, fact: string) {
  return new DicomError(code, `Cannot encode ${formatTag(tag)}: ${fact}`);
}
