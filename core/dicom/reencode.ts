import { pipeline, Readable } from "node:stream";
import { createDeflateRaw } from "node:zlib";
import type { ByteSource } from "../bytes/source.ts";
import { DicomError } from "../errors.ts";
import { dictionaryVr, readDataSet, readFully } from "./decode.ts";
import { type FileMeta, MAXIMUM_META_SIZE, readFileMeta } from "./part10.ts";
import { EncodingSink } from "./reencode/encoding_sink.ts";
import { DataSetScanner } from "./scanner.ts";
import {
  type DataSetEncoding,
  EXPLICIT_BIG_ENDIAN,
  EXPLICIT_LITTLE_ENDIAN,
  findTransferSyntax,
  IMPLICIT_LITTLE_ENDIAN,
  type TransferSyntax,
} from "./transfer_syntax.ts";

/** Transfer syntaxes with pixels as they are: each can become any other without loss. */
export const UNCOMPRESSED: readonly TransferSyntax[] = [
  EXPLICIT_LITTLE_ENDIAN,
  IMPLICIT_LITTLE_ENDIAN,
  EXPLICIT_BIG_ENDIAN,
  findTransferSyntax("1.2.840.10008.1.2.1.99")!,
];

/** Whether `reencode()` makes one of the other, by UIDs. */
export function canReencode(from: string, to: string): boolean {
  const isPlain = (uid: string) => UNCOMPRESSED.some((syntax) => syntax.uid === uid);
  return isPlain(from) && isPlain(to);
}

/** What to make of a file. */
export interface ReencodeOptions {
  readonly to: TransferSyntax;
  /** Most bytes that a deflated data set may inflate to. */
  readonly maximumInflated: number;
}

/**
 * The data set of a file, without its file meta information, in another uncompressed transfer syntax (PS3.5
 * Annex A). Memory does not grow with the values. What is not turned is a view of what was read.
 *
 * @throws DicomError `bad-file` if the file is damaged; `unsupported-media` if its pixels are compressed
 */
export async function* reencode(
  source: ByteSource,
  { to, maximumInflated }: ReencodeOptions,
): AsyncGenerator<Uint8Array> {
  const head = await readFully(source, 0, Math.min(source.size, MAXIMUM_META_SIZE));
  const meta = readFileMeta(head);
  yield* reencodeDataSet(plainDataSet(source, meta, maximumInflated), { from: meta.encoding, to });
}

/** The same of a data set that comes in pieces, not deflated. */
export async function* reencodeDataSet(
  pieces: AsyncIterable<Uint8Array>,
  { from, to }: { readonly from: DataSetEncoding; readonly to: TransferSyntax },
): AsyncGenerator<Uint8Array> {
  const written = encodePieces(pieces, from, to);
  if (to.deflated) yield* deflate(written);
  else yield* written;
}

/** The data set of a file in pieces, inflated where it is deflated. @throws DicomError `bad-file` beyond `maximumInflated` */
export function plainDataSet(
  source: ByteSource,
  meta: FileMeta,
  maximumInflated: number,
): AsyncIterable<Uint8Array> {
  const bytes = readDataSet(source, meta);
  return meta.deflated ? limited(bytes, maximumInflated) : bytes;
}

async function* encodePieces(
  pieces: AsyncIterable<Uint8Array>,
  from: DataSetEncoding,
  to: TransferSyntax,
): AsyncGenerator<Uint8Array> {
  const sink = new EncodingSink(from, to);
  const scanner = new DataSetScanner({ encoding: from, sink, vrOfTag: dictionaryVr });
  let at = 0;
  for await (const piece of pieces) {
    const passed = Math.min(scanner.skippable, piece.length);
    if (passed > 0) {
      sink.pass(piece.subarray(0, passed));
      scanner.skip(passed);
    }
    sink.announce(piece, at);
    if (passed < piece.length) scanner.push(piece.subarray(passed));
    at += piece.length;
    yield* sink.take();
  }
  scanner.end();
  yield* sink.take();
}

async function* limited(pieces: AsyncIterable<Uint8Array>, maximum: number) {
  let size = 0;
  for await (const piece of pieces) {
    size += piece.length;
    if (size > maximum) {
      throw new DicomError("bad-file", `Cannot re-encode data set: it exceeds ${maximum} bytes`);
    }
    yield piece;
  }
}

/** PS3.5 Section A.5: a raw deflate stream of even length. */
async function* deflate(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  // A failure of any part reaches the loop.
  const deflated = pipeline(Readable.from(pieces), createDeflateRaw(), () => {});
  let size = 0;
  for await (const piece of deflated) {
    size += piece.length;
    yield piece;
  }
  if (size % 2 === 1) yield Uint8Array.of(0);
}
