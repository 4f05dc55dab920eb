import { pipeline, Readable } from "node:stream";
import { createInflateRaw } from "node:zlib";
import type { ByteSource } from "../bytes/source.ts";
import { DicomError } from "../errors.ts";
import { type BuildOptions, type DataSet, DataSetBuilder } from "./data_set.ts";
import { findByTag } from "./dictionary.ts";
import { type FileMeta, MAXIMUM_META_SIZE, readFileMeta } from "./part10.ts";
import { DataSetScanner, type ScanSink } from "./scanner.ts";
import type { Tag } from "./tag.ts";
import type { DataSetEncoding } from "./transfer_syntax.ts";
import type { Vr } from "./vr.ts";

/** Most bytes read from a file at a time. */
const WINDOW = 262144;
/** After seeking over a value, only this many: another one may follow at once. */
const SMALL_WINDOW = 4096;

/** How to read a file. */
export interface DecodeOptions {
  /** Makes what receives the elements, once the file meta information is known. */
  readonly sink: (meta: FileMeta) => ScanSink;
  /** Stops in front of the first such element; the rest of the file is not looked at. */
  readonly stopBefore?: (tag: Tag) => boolean;
  /** Most bytes that a deflated data set may inflate to. */
  readonly maximumInflated: number;
}

/** What reading a file told beside its elements. */
export interface Decoded {
  readonly meta: FileMeta;
  /** Whether `stopBefore` ended the reading. */
  readonly stopped: boolean;
}

/**
 * Reads a DICOM file to its last byte, or up to `stopBefore`, seeking over values that the sink does not
 * want. Offsets that the sink sees count from the start of the data set.
 *
 * @throws DicomError `bad-file` if it is not DICOM, damaged or cut short
 */
export async function decodeFile(source: ByteSource, options: DecodeOptions): Promise<Decoded> {
  const head = await readFully(source, 0, Math.min(source.size, MAXIMUM_META_SIZE));
  const meta = readFileMeta(head);
  const scanner = new DataSetScanner({
    encoding: meta.encoding,
    sink: options.sink(meta),
    vrOfTag: dictionaryVr,
    ...(options.stopBefore && { stopBefore: options.stopBefore }),
    ...(!meta.deflated && { size: source.size - meta.dataSetOffset }),
  });
  if (meta.deflated) await scanDeflated(source, meta.dataSetOffset, scanner, options);
  else {
    scanner.push(head.subarray(meta.dataSetOffset));
    await scanPlain(source, head.length, scanner);
  }
  scanner.end();
  return { meta, stopped: scanner.stopped };
}

/**
 * The data set that `bytes` are, from the first to the last: a message of the network, or a part of a file.
 * Values are views of `bytes`.
 *
 * @throws DicomError `bad-file` if they are damaged or cut short
 */
export function decodeDataSet(
  bytes: Uint8Array,
  encoding: DataSetEncoding,
  options: BuildOptions,
): DataSet {
  const sink = new DataSetBuilder(encoding, options);
  const scanner = new DataSetScanner({
    encoding,
    sink,
    vrOfTag: dictionaryVr,
    size: bytes.length,
  });
  scanner.push(bytes);
  scanner.end();
  return sink.root;
}

/** The VR that the dictionary has for a public tag. */
export function dictionaryVr(tag: Tag): Vr | undefined {
  return findByTag(tag)?.vr;
}

/** Scans the rest of a file from `start`; what is read at a time grows while nothing is skipped. */
async function scanPlain(source: ByteSource, start: number, scanner: DataSetScanner) {
  let at = start;
  let window = WINDOW;
  while (at < source.size && !scanner.stopped) {
    const length = Math.min(scanner.skippable, source.size - at);
    if (length > 0) {
      scanner.skip(length);
      at += length;
      window = SMALL_WINDOW;
      continue;
    }
    const bytes = await source.read(at, Math.min(window, source.size - at));
    if (bytes.length === 0) break;
    scanner.push(bytes);
    at += bytes.length;
    window = Math.min(4 * window, WINDOW);
  }
}

/** PS3.5 Section A.5: the data set is a raw deflate stream. */
async function scanDeflated(
  source: ByteSource,
  start: number,
  scanner: DataSetScanner,
  { maximumInflated }: DecodeOptions,
) {
  let inflated = 0;
  for await (const chunk of inflate(source, start)) {
    inflated += chunk.length;
    if (inflated > maximumInflated) {
      throw new DicomError(
        "bad-file",
        `Cannot inflate data set: it exceeds ${maximumInflated} bytes`,
      );
    }
    scanner.push(chunk);
    if (scanner.stopped) return;
  }
}

/** The inflated bytes of the raw deflate stream at `start`. */
async function* inflate(source: ByteSource, start: number): AsyncGenerator<Uint8Array> {
  const compressed = Readable.from(readRange(source, start, source.size - start));
  // A failure of any part reaches the loop, as does its end all parts.
  const inflated = pipeline(compressed, createInflateRaw(), () => {});
  try {
    for await (const chunk of inflated) yield chunk;
  } catch (cause) {
    if (cause instanceof DicomError) throw cause;
    throw new DicomError("bad-file", "Cannot inflate data set: the stream is damaged", { cause });
  }
}

/** All bytes of the data set behind the file meta information, inflated where they are deflated. */
export function readDataSet(source: ByteSource, meta: FileMeta): AsyncGenerator<Uint8Array> {
  const { deflated, dataSetOffset } = meta;
  if (deflated) return inflate(source, dataSetOffset);
  return readRange(source, dataSetOffset, source.size - dataSetOffset);
}

/** The bytes of a value, given its place in the data set, in pieces. */
export async function* readValue(
  source: ByteSource,
  { meta, offset, length }: { meta: FileMeta; offset: number; length: number },
): AsyncGenerator<Uint8Array> {
  if (!meta.deflated) {
    yield* readRange(source, meta.dataSetOffset + offset, length);
    return;
  }
  let at = 0;
  for await (const chunk of inflate(source, meta.dataSetOffset)) {
    const part = chunk.subarray(Math.max(0, offset - at), Math.max(0, offset + length - at));
    if (part.length > 0) yield part;
    at += chunk.length;
    if (at >= offset + length) return;
  }
}

/** `length` bytes from `at`, in pieces. */
export async function* readRange(
  source: ByteSource,
  at: number,
  length: number,
): AsyncGenerator<Uint8Array> {
  for (const end = at + length; at < end;) {
    const bytes = await source.read(at, Math.min(WINDOW, end - at));
    if (bytes.length === 0) {
      throw new DicomError("corrupted-file", "Cannot read file: it is cut short");
    }
    yield bytes;
    at += bytes.length;
  }
}

/** Exactly `length` bytes at `at`. */
export async function readFully(
  source: ByteSource,
  at: number,
  length: number,
): Promise<Uint8Array> {
  const first = await source.read(at, length);
  if (first.length === length) return first;
  const bytes = new Uint8Array(length);
  bytes.set(first);
  for (let filled = first.length; filled < length;) {
    const next = await source.read(at + filled, length - filled);
    if (next.length === 0) throw new DicomError("bad-file", "Cannot read file: it is cut short");
    bytes.set(next, filled);
    filled += next.length;
  }
  return bytes;
}
