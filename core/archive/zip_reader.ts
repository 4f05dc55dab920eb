import { crc32, createInflateRaw } from "node:zlib";
import { pipeline } from "node:stream/promises";
import { readU16 } from "../bytes/numbers.ts";
import type { ByteSource } from "../bytes/source.ts";
import { readFully, readRange } from "../dicom/decode.ts";
import { DicomError } from "../errors.ts";
import {
  findDirectory,
  hasSignature,
  readDirectory,
  RECORDS,
  type ZipDirectory,
  type ZipMember,
} from "./zip_directory.ts";

/** An archive of more members is refused. */
const MAXIMUM_MEMBERS = 1_000_000;
/** Bytes of a member that are read at first. */
const WINDOW = 262144;
/** Enough for name and extra field of most members, in bytes. */
const USUAL_NAME = 512;

/** An archive whose directory has been checked. */
export interface ZipArchive {
  /** The members in the order of the directory, read anew each time. */
  members(): AsyncGenerator<ZipMember>;
  /**
   * The bytes of a member, in pieces: at most as many as it declares. Believe them when all are read.
   *
   * @throws DicomError `bad-file` if it is encrypted, compressed by an unknown method or damaged
   */
  read(member: ZipMember): AsyncGenerator<Uint8Array>;
}

/** Whether a file starts as an archive does: with a member, or with the end of an empty one. */
export function startsAsZip(head: Uint8Array): boolean {
  return hasSignature(head, 0, "localHeader") || hasSignature(head, 0, "end");
}

/**
 * Opens an archive (PKWARE APPNOTE 6.3.10) by its directory, with ZIP64, comment and bytes in front. Data
 * of members may not overlap, so all of them together inflate to at most 1,032 times the file. Memory does
 * not grow with the number of members.
 *
 * @throws DicomError `bad-file` if there is no whole directory; `too-large` for over a million members
 */
export async function openZip(source: ByteSource): Promise<ZipArchive> {
  const directory = await findDirectory(source);
  const members = () => readDirectory(source, directory);
  await checkDirectory(members(), directory);
  return {
    members,
    read: (member) => readMember(source, member, directory.start),
  };
}

async function checkDirectory(
  members: AsyncIterable<ZipMember>,
  { start, declares }: ZipDirectory,
): Promise<void> {
  let count = 0;
  let occupied = 0;
  for await (const { offset, compressedSize } of members) {
    const length = RECORDS.localHeader.length + compressedSize;
    if (offset + length <= start) occupied += length; // others cannot be read anyway
    if (occupied > start) throw badArchive("its members overlap");
    if (++count > MAXIMUM_MEMBERS) {
      const fact = `it has more than ${MAXIMUM_MEMBERS} members`;
      throw new DicomError("too-large", `Cannot read ZIP archive: ${fact}`);
    }
  }
  if (!declares(count)) throw badArchive("its directory is incomplete");
}

/** Takes the declared size, too, in bytes; it need not be true. */
type Decompress = (bytes: AsyncIterable<Uint8Array>, size: number) => AsyncIterable<Uint8Array>;

/** APPNOTE Section 4.4.5: how to get at the bytes, by compression method. */
const METHODS: Readonly<Record<number, Decompress>> = {
  0: (bytes) => bytes,
  8: inflate,
};

/** Bits of encryption, of patches and of masked headers (APPNOTE Section 4.4.4). */
const FLAGS = { encrypted: 0x0001, patch: 0x0020, strong: 0x0040, masked: 0x2000 } as const;
const UNREADABLE = FLAGS.encrypted | FLAGS.patch | FLAGS.strong | FLAGS.masked;

async function* readMember(
  source: ByteSource,
  member: ZipMember,
  end: number,
): AsyncGenerator<Uint8Array> {
  const decompress = METHODS[member.method];
  if ((member.flags & UNREADABLE) !== 0) throw badMember("it is encrypted");
  if (!decompress) throw badMember(`compression method ${member.method} is not supported`);
  let size = 0;
  let checksum = 0;
  for await (const bytes of decompress(readData(source, member, end), member.size)) {
    size += bytes.length;
    if (size > member.size) throw badMember("it has more bytes than declared");
    checksum = crc32(bytes, checksum);
    yield bytes;
  }
  if (size !== member.size || checksum !== member.crc32) throw badMember("its checksum is wrong");
}

/** The data behind the local header (APPNOTE Section 4.3.7); one read gets all of a small member. */
async function* readData(
  source: ByteSource,
  { offset, compressedSize }: ZipMember,
  end: number,
): AsyncGenerator<Uint8Array> {
  const { length } = RECORDS.localHeader;
  if (offset + length > end) throw badMember("it is cut short");
  const ahead = Math.min(length + USUAL_NAME + compressedSize, WINDOW, end - offset);
  const piece = await readFully(source, offset, ahead);
  if (!hasSignature(piece, 0, "localHeader")) throw badMember("its header is missing");
  const start = length + readU16(piece, 26, true) + readU16(piece, 28, true);
  if (offset + start + compressedSize > end) throw badMember("it is cut short");
  const first = piece.subarray(start, start + compressedSize);
  if (first.length > 0) yield first;
  yield* readRange(source, offset + start + first.length, compressedSize - first.length);
}

async function* inflate(
  bytes: AsyncIterable<Uint8Array>,
  size: number,
): AsyncGenerator<Uint8Array> {
  const chunkSize = Math.max(1024, Math.min(size, 65536)); // a small member needs no large buffer
  const inflater = createInflateRaw({ chunkSize });
  const feed = pipeline(bytes, inflater).catch(() => {}); // a failure destroys the inflater
  try {
    yield* inflater as AsyncIterable<Uint8Array>;
  } catch (cause) {
    if (cause instanceof DicomError) throw cause;
    throw new DicomError("bad-file", "Cannot read ZIP member: its data are damaged", { cause });
  } finally {
    inflater.destroy();
    await feed;
  }
}

function badArchive(fact: string): DicomError {
  return new DicomError("bad-file", `Cannot read ZIP archive: ${fact}`);
}

function badMember(fact: string): DicomError {
  return new DicomError("bad-file", `Cannot read ZIP member: ${fact}`);
}
