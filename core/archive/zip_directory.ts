import { readU16, readU32, viewOf } from "../bytes/numbers.ts";
import type { ByteSource } from "../bytes/source.ts";
import { readFully } from "../dicom/decode.ts";
import { DicomError } from "../errors.ts";

/** Bytes of the directory that are looked at together; more than the longest record has. */
const WINDOW = 262144;
/** Stands for a number that a ZIP64 record holds (APPNOTE Section 4.4.1.4). */
const ELSEWHERE = 0xffffffff;
const ELSEWHERE_16 = 0xffff;

/** Signatures and fixed lengths of the records that are read (APPNOTE Section 4.3). */
export const RECORDS = {
  localHeader: { signature: 0x04034b50, length: 30 },
  directoryHeader: { signature: 0x02014b50, length: 46 },
  end: { signature: 0x06054b50, length: 22 },
  end64: { signature: 0x06064b50, length: 56 },
  end64Locator: { signature: 0x07064b50, length: 20 },
} as const;

/** What the directory says about a member; not its name: nothing may depend on that. */
export interface ZipMember {
  readonly flags: number;
  readonly method: number;
  readonly crc32: number;
  /** In bytes. */
  readonly compressedSize: number;
  /** Bytes after inflating, as declared. */
  readonly size: number;
  /** Offset of its local header in the source. */
  readonly offset: number;
}

/** Where the directory lies in the source, in bytes. */
export interface ZipDirectory {
  readonly start: number;
  readonly end: number;
  /** Bytes in front of the archive, which its offsets do not count. */
  readonly prepended: number;
  /** Whether the archive declares so many members. */
  readonly declares: (members: number) => boolean;
}

/** Whether the record `record` begins at `at`. */
export function hasSignature(
  bytes: Uint8Array,
  at: number,
  record: keyof typeof RECORDS,
): boolean {
  return at + 4 <= bytes.length && readU32(bytes, at, true) === RECORDS[record].signature;
}

/**
 * Finds the directory from the end of the source backwards (APPNOTE Sections 4.3.14 to 4.3.16).
 *
 * @throws DicomError `bad-file` if its end is missing or contradicts itself
 */
export async function findDirectory(source: ByteSource): Promise<ZipDirectory> {
  const tailLength = Math.min(source.size, RECORDS.end.length + 65535);
  const tailStart = source.size - tailLength;
  const tail = await readFully(source, tailStart, tailLength);
  const endAt = findEnd(tail);
  if (endAt === undefined) throw badArchive("the end of its directory is missing");
  const end = viewOf(tail.subarray(endAt));
  const size = end.getUint32(12, true);
  const count = end.getUint16(10, true);
  const offset = end.getUint32(16, true);
  const large = await findEnd64(source, tailStart + endAt);
  if (large) return placeDirectory(large);
  return placeDirectory({
    at: tailStart + endAt,
    size,
    offset,
    // Writers without ZIP64 let the number overflow.
    declares: (members) => count === ELSEWHERE_16 || (members & 0xffff) === count,
  });
}

/** Offset of the record that ends the archive: the last one whose comment ends where the source does. */
function findEnd(tail: Uint8Array): number | undefined {
  for (let at = tail.length - RECORDS.end.length; at >= 0; at--) {
    const commentLength = tail.length - RECORDS.end.length - at;
    if (hasSignature(tail, at, "end") && readU16(tail, at + 20, true) === commentLength) return at;
  }
  return undefined;
}

/** An end record, whichever of the two. */
interface End {
  readonly at: number;
  readonly size: number;
  readonly offset: number;
  readonly declares: (members: number) => boolean;
}

/** The ZIP64 end record, if the bytes in front of the end record at `endAt` lead to one. */
async function findEnd64(source: ByteSource, endAt: number): Promise<End | undefined> {
  const { end64, end64Locator } = RECORDS;
  const locatorAt = endAt - end64Locator.length;
  if (locatorAt < end64.length) return undefined;
  const locator = await readFully(source, locatorAt, end64Locator.length);
  if (!hasSignature(locator, 0, "end64Locator")) return undefined;
  // Bytes in front of the archive shift the record away from where the locator says.
  for (const at of [safeU64(viewOf(locator), 8), locatorAt - end64.length]) {
    if (at > locatorAt - end64.length) continue;
    const bytes = await readFully(source, at, end64.length);
    if (!hasSignature(bytes, 0, "end64")) continue;
    const view = viewOf(bytes);
    const declared = safeU64(view, 32);
    return {
      at,
      size: safeU64(view, 40),
      offset: safeU64(view, 48),
      declares: (members) => members === declared,
    };
  }
  throw badArchive("its ZIP64 record is missing");
}

/** The directory ends where the end record begins, whatever precedes the archive. */
function placeDirectory({ at, size, offset, declares }: End): ZipDirectory {
  const prepended = at - size - offset;
  if (prepended < 0) throw badArchive("its directory is cut short");
  return { start: at - size, end: at, prepended, declares };
}

/**
 * The members in the order of the directory; memory does not grow with their number.
 *
 * @throws DicomError `bad-file` if the directory is damaged
 */
export async function* readDirectory(
  source: ByteSource,
  { start, end, prepended }: ZipDirectory,
): AsyncGenerator<ZipMember> {
  for (let at = start; at < end;) {
    const window = await readFully(source, at, Math.min(WINDOW, end - at));
    let used = 0;
    for (;;) {
      const length = headerLength(window, used);
      if (length === undefined || used + length > window.length) break;
      yield readHeader(window.subarray(used, used + length), prepended);
      used += length;
    }
    if (used === 0) throw badArchive("its directory is damaged");
    at += used;
  }
}

/** Length of the directory record at `at`; undefined if `bytes` end within its fixed part. */
function headerLength(bytes: Uint8Array, at: number): number | undefined {
  const { length } = RECORDS.directoryHeader;
  if (at + length > bytes.length) return undefined;
  if (!hasSignature(bytes, at, "directoryHeader")) throw badArchive("its directory is damaged");
  const variable = [28, 30, 32].map((field) => readU16(bytes, at + field, true));
  return variable.reduce((sum, part) => sum + part, length);
}

/** One record of the directory (APPNOTE Section 4.3.12). */
function readHeader(header: Uint8Array, prepended: number): ZipMember {
  const large = largeNumbers(header);
  const number = (at: number) => {
    const value = readU32(header, at, true);
    return value === ELSEWHERE ? large() ?? value : value;
  };
  const size = number(24); // in this order in the ZIP64 field, too
  const compressedSize = number(20);
  return {
    flags: readU16(header, 8, true),
    method: readU16(header, 10, true),
    crc32: readU32(header, 16, true),
    compressedSize,
    size,
    offset: prepended + number(42),
  };
}

/** Takes one number after another from the ZIP64 extra field, if there is one (APPNOTE Section 4.5.3). */
function largeNumbers(header: Uint8Array): () => number | undefined {
  const extraAt = RECORDS.directoryHeader.length + readU16(header, 28, true);
  const extra = header.subarray(extraAt, extraAt + readU16(header, 30, true));
  let at = 0;
  let end = 0;
  for (let field = 0; field + 4 <= extra.length;) {
    const next = field + 4 + readU16(extra, field + 2, true);
    if (readU16(extra, field, true) === 0x0001) {
      at = field + 4;
      end = Math.min(next, extra.length);
      break;
    }
    field = next;
  }
  return () => {
    if (at + 8 > end) return undefined;
    at += 8;
    return safeU64(viewOf(extra), at - 8);
  };
}

/** A 64-bit number; one that is too large for arithmetic is larger than any file. */
function safeU64(view: DataView, at: number): number {
  return Math.min(Number(view.getBigUint64(at, true)), Number.MAX_SAFE_INTEGER);
}

function badArchive(fact: string): DicomError {
  return new DicomError("bad-file", `Cannot read ZIP archive: ${fact}`);
}
