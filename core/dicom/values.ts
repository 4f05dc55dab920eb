import { readU16, readU32, viewOf } from "../bytes/numbers.ts";
import { type DataElement, type DataSet, trimPadding } from "./data_set.ts";
import { formatTag, tagOf } from "./tag.ts";
import { type ValueKind, type Vr, vrInfo } from "./vr.ts";

/**
 * The value of a plain element as text: numbers in decimal, several values joined with `\`, attribute tags
 * as `gggg,eeee`, text in Unicode without trailing padding (as Orthanc shows it).
 *
 * @returns undefined for binary values and sequences, empty numbers, and values that were not kept
 */
export function valueText(element: DataElement, dataSet: DataSet): string | undefined {
  const { bytes, vr } = element;
  if (bytes === undefined) return undefined;
  const { kind, unit } = vrInfo(vr);
  if (bytes.length < unit) return unit === 1 ? "" : undefined;
  const number = NUMBERS[kind];
  if (number) return numbersText(bytes, unit, number, dataSet.encoding.littleEndian);
  switch (kind) {
    case "ascii":
      return asciiText(bytes) ?? dataSet.decode(bytes, vr);
    case "text":
    case "longText":
      return dataSet.decode(bytes, vr);
    case "tag":
      return attributeTagsText(bytes, dataSet.encoding.littleEndian);
    default:
      return undefined;
  }
}

/** Whether `valueText()` has an answer for elements of this VR. */
export function hasText(vr: Vr): boolean {
  const { kind } = vrInfo(vr);
  return kind !== "binary" && kind !== "sequence";
}

/** ASCII without trailing padding; undefined if a byte is not ASCII. */
function asciiText(bytes: Uint8Array): string | undefined {
  let text = "";
  for (const byte of bytes) {
    if (byte >= 0x80) return undefined;
    text += String.fromCharCode(byte);
  }
  return trimPadding(text);
}

type ReadNumber = (bytes: Uint8Array, at: number, littleEndian: boolean) => string;

/** Numbers as Orthanc prints them: floating point with 17 significant digits, as `%.17g` does. */
const NUMBERS: Partial<Record<ValueKind, ReadNumber>> = {
  uint16: (bytes, at, little) => String(readU16(bytes, at, little)),
  uint32: (bytes, at, little) => String(readU32(bytes, at, little)),
  int16: (bytes, at, little) => String(viewOf(bytes).getInt16(at, little)),
  int32: (bytes, at, little) => String(viewOf(bytes).getInt32(at, little)),
  uint64: (bytes, at, little) => String(viewOf(bytes).getBigUint64(at, little)),
  int64: (bytes, at, little) => String(viewOf(bytes).getBigInt64(at, little)),
  float32: (bytes, at, little) => formatDouble(viewOf(bytes).getFloat32(at, little)),
  float64: (bytes, at, little) => formatDouble(viewOf(bytes).getFloat64(at, little)),
};

function numbersText(bytes: Uint8Array, unit: number, read: ReadNumber, little: boolean): string {
  if (bytes.length === unit) return read(bytes, 0, little);
  const values: string[] = [];
  for (let at = 0; at + unit <= bytes.length; at += unit) values.push(read(bytes, at, little));
  return values.join("\\");
}

function attributeTagsText(bytes: Uint8Array, little: boolean): string {
  const values: string[] = [];
  for (let at = 0; at + 4 <= bytes.length; at += 4) {
    values.push(formatTag(tagOf(readU16(bytes, at, little), readU16(bytes, at + 2, little))));
  }
  return values.join("\\");
}

/** `value` as C's `%.17g` prints it. */
export function formatDouble(value: number): string {
  if (Number.isNaN(value)) return "nan";
  if (!Number.isFinite(value)) return value < 0 ? "-inf" : "inf";
  if (value === 0) return Object.is(value, -0) ? "-0" : "0";
  const [mantissa, exponent] = significantDigits(value);
  const digits = mantissa.replace("-", "").replace(".", "");
  const sign = value < 0 ? "-" : "";
  if (exponent < -4 || exponent >= 17) {
    const power = String(Math.abs(exponent)).padStart(2, "0");
    const text = stripZeros(`${digits[0]}.${digits.slice(1)}`);
    return `${sign}${text}e${exponent < 0 ? "-" : "+"}${power}`;
  }
  const whole = exponent < 0 ? "0" : digits.slice(0, exponent + 1);
  const fraction = exponent < 0 ? "0".repeat(-exponent - 1) + digits : digits.slice(exponent + 1);
  return sign + stripZeros(`${whole}.${fraction}`);
}

/** 17 significant digits and the decimal exponent; C rounds a tie to the even digit, JavaScript away from zero. */
function significantDigits(value: number): [mantissa: string, exponent: number] {
  const exact = /^(-?\d\.\d{16})50*e(.*)$/.exec(value.toExponential(80));
  if (exact && Number(exact[1]!.at(-1)) % 2 === 0) return [exact[1]!, Number(exact[2])];
  const [mantissa = "", exponent] = value.toExponential(16).split("e");
  return [mantissa, Number(exponent)];
}

function stripZeros(text: string): string {
  return text.replace(/(\.\d*?)0+$/, "$1").replace(/\.$/, "");
}
