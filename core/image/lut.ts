import { readU16, viewOf } from "../bytes/numbers.ts";
import type { DataSet } from "../dicom/data_set.ts";
import type { Tag } from "../dicom/tag.ts";
import { badPixels } from "./pixels.ts";
import { IMAGE_TAG } from "./tags.ts";

/** A table from values to values (PS3.3 Sections C.7.6.3.1.5, C.11.1 and C.11.2). */
export interface Lut {
  /** The value that the first entry is for; smaller ones have the first, larger ones the last entry. */
  readonly first: number;
  readonly entries: Uint16Array;
  /** Of an entry: 8 to 16. */
  readonly bits: number;
}

/** What LUT descriptors say. */
export interface LutDescriptor {
  readonly length: number;
  readonly first: number;
  readonly bits: number;
}

/** The entry for `value`. */
export function lookUp({ first, entries }: Lut, value: number): number {
  const at = Math.min(Math.max(Math.trunc(value) - first, 0), entries.length - 1);
  return entries[at]!;
}

/**
 * The table in an item of a Modality or VOI LUT Sequence.
 *
 * @param signed whether the values that it maps may be negative
 * @throws DicomError `bad-file` if it is not whole
 */
export function readLut(item: DataSet, signed: boolean): Lut {
  const descriptor = readLutDescriptor(item, IMAGE_TAG.lutDescriptor, signed);
  const entries = readLutData(item, IMAGE_TAG.lutData, descriptor);
  return { first: descriptor.first, bits: descriptor.bits, entries };
}

/** The three numbers of a descriptor; zero entries stand for 65,536. @throws DicomError `bad-file` */
export function readLutDescriptor(dataSet: DataSet, tag: Tag, signed: boolean): LutDescriptor {
  const bytes = dataSet.get(tag)?.bytes;
  if (!bytes || bytes.length < 6) throw badPixels("a lookup table has no descriptor");
  const little = dataSet.encoding.littleEndian;
  const bits = readU16(bytes, 4, little);
  if (bits < 1 || bits > 16) throw badPixels(`a lookup table has entries of ${bits} bits`);
  return {
    length: readU16(bytes, 0, little) || 65536,
    first: signed ? viewOf(bytes).getInt16(2, little) : readU16(bytes, 2, little),
    bits,
  };
}

/**
 * The entries of a table; those of 8 bits may be packed in pairs or fill a word each.
 *
 * @throws DicomError `bad-file` if there are too few
 */
export function readLutData(dataSet: DataSet, tag: Tag, { length, bits }: LutDescriptor) {
  const bytes = dataSet.get(tag)?.bytes;
  if (!bytes) throw badPixels("a lookup table has no data");
  const little = dataSet.encoding.littleEndian;
  if (bytes.length >= 2 * length) {
    return Uint16Array.from({ length }, (_, at) => readU16(bytes, 2 * at, little));
  }
  if (bits > 8 || bytes.length < length) {
    throw badPixels(`a lookup table of ${length} entries has ${bytes.length} bytes`);
  }
  const turn = little ? 0 : 1; // which of a pair comes first, words being swapped
  return Uint16Array.from({ length }, (_, at) => bytes[at ^ turn] ?? 0);
}
