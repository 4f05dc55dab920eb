import { readU16, readU32 } from "../bytes/numbers.ts";
import type { Tag } from "./tag.ts";
import type { DataSetEncoding } from "./transfer_syntax.ts";
import { type Vr, vrInfo, vrOf } from "./vr.ts";

/** Length field of an element whose end is marked by a delimiter (PS3.5 Section 7.1.1). */
export const UNDEFINED_LENGTH = 0xffffffff;

/** What precedes the value of a data element; offsets count from the start of the data set. */
export interface ElementHeader {
  readonly tag: Tag;
  readonly vr: Vr;
  /** Length in bytes, or `UNDEFINED_LENGTH`. */
  readonly length: number;
  /** Offset of the tag. */
  readonly offset: number;
  /** Offset of the value. */
  readonly valueOffset: number;
  /** 0 for elements of the data set itself, 1 for those of its items, and so on. */
  readonly depth: number;
}

/** What precedes a value, as it is written. */
export interface WrittenHeader {
  /** Undefined where the VR is implicit; `UN` stands for two letters that are no VR. */
  readonly vr: Vr | undefined;
  /** Of the value in bytes, or `UNDEFINED_LENGTH`. */
  readonly length: number;
  /** Of the header itself: 8 or 12 bytes. */
  readonly size: number;
}

/** The tag at `at`; the caller has checked that its four bytes are there. */
export function readTag(bytes: Uint8Array, at: number, littleEndian: boolean): Tag {
  const group = readU16(bytes, at, littleEndian);
  return ((group << 16) | readU16(bytes, at + 2, littleEndian)) >>> 0;
}

/**
 * The header at `at` (PS3.5 Section 7.1); the caller has checked that 8 bytes are there. An element without
 * letters in place of its VR counts as implicit, for some writers slip such elements in.
 *
 * @returns undefined if the header is not complete
 */
export function readHeader(
  bytes: Uint8Array,
  at: number,
  { explicitVr, littleEndian }: DataSetEncoding,
): WrittenHeader | undefined {
  if (!explicitVr || !hasVr(bytes, at)) {
    return { vr: undefined, length: readU32(bytes, at + 4, littleEndian), size: 8 };
  }
  const vr = vrOf(bytes[at + 4]!, bytes[at + 5]!) ?? "UN";
  if (!vrInfo(vr).longLength) {
    return { vr, length: readU16(bytes, at + 6, littleEndian), size: 8 };
  }
  if (at + 12 > bytes.length) return undefined;
  return { vr, length: readU32(bytes, at + 8, littleEndian), size: 12 };
}

/** Whether two letters stand where an element at `at` would have its explicit VR. */
export function hasVr(bytes: Uint8Array, at: number): boolean {
  return isUpperCase(bytes[at + 4]!) && isUpperCase(bytes[at + 5]!);
}

function isUpperCase(byte: number): boolean {
  return byte >= 0x41 && byte <= 0x5a;
}
