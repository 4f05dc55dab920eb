import { ByteWriter } from "../../bytes/writer.ts";

const MAXIMUM_16 = 0xffff;
const MAXIMUM_32 = 0xffffffff;

/** Version of the format that a reader must know: 2.0, and 4.5 for ZIP64 (APPNOTE Section 4.4.3.2). */
const VERSION = 20;
const VERSION_ZIP64 = 45;
/** General purpose flags (Section 4.4.4). */
const FLAG_TRAILS = 0x0008;
const FLAG_UTF8 = 0x0800;
const STORED = 0;
const ZIP64_FIELD = 0x0001;

/** A member as the records describe it. */
export interface ZipEntry {
  readonly name: Uint8Array;
  readonly size: number;
  readonly crc: number;
  /** Of its local header in the archive. */
  readonly offset: number;
  readonly modifiedAt: number;
  /** Whether checksum and size follow the bytes instead of preceding them. */
  readonly trails: boolean;
  /** Whether the records around its bytes have 64 bits for sizes. */
  readonly large: boolean;
}

/** What stands in front of a member's bytes (APPNOTE Section 4.3.7). */
export function localHeader(entry: ZipEntry): Uint8Array {
  const { name, large, trails } = entry;
  const to = new ByteWriter(true).u32(0x04034b50);
  writeCommon(to, entry, large ? VERSION_ZIP64 : VERSION);
  const size = trails ? 0 : entry.size;
  to.u32(trails ? 0 : entry.crc);
  for (let twice = 0; twice < 2; twice++) to.u32(large ? MAXIMUM_32 : size);
  to.u16(name.length).u16(large ? 20 : 0).slice(name);
  return (large ? writeZip64(to, [size, size]) : to).take();
}

/** What stands behind the bytes of a member whose header could not tell (Section 4.3.9); else nothing. */
export function descriptor({ trails, large, crc, size }: ZipEntry): Uint8Array {
  if (!trails) return new Uint8Array(0);
  const to = new ByteWriter(true).u32(0x08074b50).u32(crc);
  if (large) return writeU64(writeU64(to, size), size).take();
  return to.u32(size).u32(size).take();
}

/** A member's line of the directory (Section 4.3.12). */
export function centralHeader(entry: ZipEntry): Uint8Array {
  const { name, crc, size, offset } = entry;
  const isLarge = size >= MAXIMUM_32;
  const isFar = offset >= MAXIMUM_32;
  const fields = [...(isLarge ? [size, size] : []), ...(isFar ? [offset] : [])];
  const version = entry.large || fields.length > 0 ? VERSION_ZIP64 : VERSION;
  const to = new ByteWriter(true).u32(0x02014b50).u16(version);
  writeCommon(to, entry, version);
  to.u32(crc);
  for (let twice = 0; twice < 2; twice++) to.u32(isLarge ? MAXIMUM_32 : size);
  to.u16(name.length).u16(fields.length > 0 ? 4 + 8 * fields.length : 0);
  to.u16(0).u16(0).u16(0).u32(0); // comment, disk, attributes
  to.u32(isFar ? MAXIMUM_32 : offset).slice(name);
  return (fields.length > 0 ? writeZip64(to, fields) : to).take();
}

/** Where the directory is, and how large. */
export interface ZipEnd {
  readonly count: number;
  /** Bytes of the directory. */
  readonly size: number;
  readonly offset: number;
  readonly comment: Uint8Array;
}

/** The end of an archive (Sections 4.3.14 to 4.3.16). */
export function endRecords(end: ZipEnd): Uint8Array {
  const { count, size, offset, comment } = end;
  const isLarge = count >= MAXIMUM_16 || size >= MAXIMUM_32 || offset >= MAXIMUM_32;
  const to = new ByteWriter(true);
  if (isLarge) writeEnd64(to, end);
  const few = Math.min(count, MAXIMUM_16);
  to.u32(0x06054b50).u16(0).u16(0).u16(few).u16(few);
  to.u32(Math.min(size, MAXIMUM_32)).u32(Math.min(offset, MAXIMUM_32));
  return to.u16(comment.length).slice(comment).take();
}

function writeEnd64(to: ByteWriter, { count, size, offset }: ZipEnd): void {
  to.u32(0x06064b50);
  writeU64(to, 44); // bytes that follow
  to.u16(VERSION_ZIP64).u16(VERSION_ZIP64).u32(0).u32(0);
  for (const number of [count, count, size, offset]) writeU64(to, number);
  to.u32(0x07064b50).u32(0);
  writeU64(to, offset + size);
  to.u32(1);
}

/** What local header and directory both have: version, flags, method and time. */
function writeCommon(to: ByteWriter, entry: ZipEntry, version: number): void {
  const isAscii = entry.name.every((byte) => byte < 0x80);
  const flags = (entry.trails ? FLAG_TRAILS : 0) | (isAscii ? 0 : FLAG_UTF8);
  const { time, date } = dosTime(entry.modifiedAt);
  to.u16(version).u16(flags).u16(STORED).u16(time).u16(date);
}

/** The field for numbers of 64 bits (Section 4.5.3). */
function writeZip64(to: ByteWriter, numbers: readonly number[]): ByteWriter {
  to.u16(ZIP64_FIELD).u16(8 * numbers.length);
  for (const number of numbers) writeU64(to, number);
  return to;
}

function writeU64(to: ByteWriter, value: number): ByteWriter {
  return to.u32(value % 2 ** 32).u32(Math.floor(value / 2 ** 32));
}

/** Local time in steps of two seconds, from 1980 to 2107 (Section 4.4.6). */
function dosTime(ms: number): { readonly time: number; readonly date: number } {
  const at = new Date(ms);
  const year = Math.min(Math.max(at.getFullYear() - 1980, 0), 127);
  return {
    time: at.getHours() << 11 | at.getMinutes() << 5 | at.getSeconds() >> 1,
    date: year << 9 | (at.getMonth() + 1) << 5 | at.getDate(),
  };
}
