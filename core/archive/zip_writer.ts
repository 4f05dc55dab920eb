import { crc32 } from "node:zlib";
import { DicomError } from "../errors.ts";
import {
  centralHeader,
  descriptor,
  endRecords,
  localHeader,
  type ZipEntry,
} from "./zip_writer/records.ts";

/** A file that becomes part of an archive. */
export interface ZipMember {
  /** Path with slashes, none in front. */
  readonly name: string;
  /** In bytes; undefined if that is seen when they are read. */
  readonly size: number | undefined;
  readonly bytes: AsyncIterable<Uint8Array>;
}

/** What holds for a whole archive. */
export interface ZipOptions {
  readonly comment: string;
  /** Modification time of all members, in milliseconds since 1970. */
  readonly modifiedAt: number;
}

/** Members up to so many bytes are read before they are written, so that their checksum can precede them. */
export const MOST_HELD = 4 * 1024 * 1024;
/** The largest number of a field of 32 bits, which says that the true one is elsewhere. */
const MAXIMUM_32 = 0xffffffff;

const encoder = new TextEncoder();

/**
 * A ZIP archive of members that are stored as they are (PKWARE APPNOTE, Section 4), with ZIP64 where it is needed.
 * In memory are the directory and the beginnings of two members, of which the second is read while the first is taken.
 *
 * @throws DicomError `corrupted-file` for a member of another size than it was said to have
 */
export async function* zipArchive(
  members: AsyncIterable<ZipMember>,
  { comment, modifiedAt }: ZipOptions,
): AsyncGenerator<Uint8Array> {
  const directory: Uint8Array[] = [];
  let offset = 0;
  for await (const member of membersAhead(members)) {
    const pieces = memberPieces(member, offset, modifiedAt);
    for (let step = await pieces.next();; step = await pieces.next()) {
      if (step.done) {
        directory.push(centralHeader(step.value));
        break;
      }
      offset += step.value.length;
      yield step.value;
    }
  }
  const size = directory.reduce((sum, { length }) => sum + length, 0);
  yield* directory;
  yield endRecords({ count: directory.length, size, offset, comment: encoder.encode(comment) });
}

/** The length of the archive that `zipArchive()` makes of members whose sizes are known. */
export function zipLength(
  members: Iterable<{ readonly name: string; readonly size: number }>,
  comment: string,
): number {
  let offset = 0;
  let size = 0;
  let count = 0;
  for (const member of members) {
    const entry = entryOf(member, { offset, trails: member.size > MOST_HELD, modifiedAt: 0 });
    offset += localHeader(entry).length + member.size + descriptor(entry).length;
    size += centralHeader(entry).length;
    count++;
  }
  return offset + size +
    endRecords({ count, size, offset, comment: encoder.encode(comment) }).length;
}

/** A member of which the first pieces have been read. */
interface StartedMember extends Pick<ZipMember, "name" | "size"> {
  readonly reader: AsyncIterator<Uint8Array>;
  readonly held: readonly Uint8Array[];
  readonly isAll: boolean;
}

/** The members in order, each started while the one before it is used, and closed after its use. */
async function* membersAhead(members: AsyncIterable<ZipMember>): AsyncGenerator<StartedMember> {
  const all = members[Symbol.asyncIterator]();
  let next = startNext(all);
  try {
    for (let current = await next; current; current = await next) {
      next = startNext(all);
      next.catch(() => {}); // it is told when it is its turn
      try {
        yield current;
      } finally {
        await current.reader.return?.();
      }
    }
  } finally {
    const unused = await next.catch(() => undefined);
    await unused?.reader.return?.();
    await all.return?.();
  }
}

async function startNext(members: AsyncIterator<ZipMember>): Promise<StartedMember | undefined> {
  const { done, value } = await members.next();
  if (done) return undefined;
  const { name, size } = value;
  const reader = value.bytes[Symbol.asyncIterator]();
  return { name, size, reader, ...await hold(reader) };
}

/** A member with the records around it. @returns what the directory says about it */
async function* memberPieces(
  member: StartedMember,
  offset: number,
  modifiedAt: number,
): AsyncGenerator<Uint8Array, ZipEntry> {
  const { held, isAll, reader } = member;
  const start = entryOf(member, { offset, trails: !isAll, modifiedAt });
  if (isAll) {
    const entry = { ...start, ...measure(held) };
    checkSize(member, entry.size);
    yield localHeader(entry);
    yield* held;
    return entry;
  }
  yield localHeader(start);
  let { size, crc } = measure([]);
  for await (const piece of rest(held, reader)) {
    size += piece.length;
    crc = crc32(piece, crc);
    yield piece;
  }
  const entry = { ...start, size, crc };
  checkSize(member, size);
  yield descriptor(entry);
  return entry;
}

function entryOf(
  { name, size }: Pick<ZipMember, "name" | "size">,
  place: Pick<ZipEntry, "offset" | "trails" | "modifiedAt">,
): ZipEntry {
  const large = (size ?? (place.trails ? Infinity : 0)) >= MAXIMUM_32;
  return { name: encoder.encode(name), size: size ?? 0, crc: 0, large, ...place };
}

/** The first pieces, up to what may be held. */
async function hold(reader: AsyncIterator<Uint8Array>) {
  const held: Uint8Array[] = [];
  for (let length = 0; length <= MOST_HELD;) {
    const { done, value } = await reader.next();
    if (done) return { held, isAll: true };
    held.push(value);
    length += value.length;
  }
  return { held, isAll: false };
}

async function* rest(held: readonly Uint8Array[], reader: AsyncIterator<Uint8Array>) {
  yield* held;
  for (let step = await reader.next(); !step.done; step = await reader.next()) yield step.value;
}

function measure(pieces: readonly Uint8Array[]): { readonly size: number; readonly crc: number } {
  return {
    size: pieces.reduce((sum, { length }) => sum + length, 0),
    crc: pieces.reduce((crc, piece) => crc32(piece, crc), 0),
  };
}

function checkSize({ size }: Pick<ZipMember, "size">, found: number): void {
  if (size === undefined || size === found) return;
  throw new DicomError("corrupted-file", "Cannot archive file: it has not the size it should have");
}
