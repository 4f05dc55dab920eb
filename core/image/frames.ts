import { readU32, viewOf } from "../bytes/numbers.ts";
import type { ByteSource } from "../bytes/source.ts";
import type { DataElement, DataSet, Fragment } from "../dicom/data_set.ts";
import { readFully, readValue } from "../dicom/decode.ts";
import type { FileMeta } from "../dicom/part10.ts";
import { DicomError } from "../errors.ts";
import { badPixels, frameBits, type PixelDescription, pixelElement } from "./pixels.ts";
import { IMAGE_TAG } from "./tags.ts";

/** Fragments of one frame may have so many bytes together. */
const MAXIMUM_ENCODED_BYTES = 268435456;
/** Offset tables longer than this are not read. */
const MAXIMUM_TABLE_BYTES = 16777216;
/** End of image of JPEG, JPEG-LS and end of codestream of JPEG 2000. */
const END_MARKERS: readonly number[] = [0xffd9];
/** An end marker may be followed by so much padding. */
const TAIL_BYTES = 64;

/** A file with pixels, of which the places are known. */
export interface PixelFile {
  readonly source: ByteSource;
  readonly meta: FileMeta;
  readonly dataSet: DataSet;
  readonly description: PixelDescription;
}

/**
 * The bytes of frame `index` (from 0) as the file has them: of native Pixel Data its part, that starts with the
 * first pixel; of encapsulated its fragments joined (PS3.5 Section A.4). Nothing else of the pixels is read.
 *
 * @throws DicomError `out-of-range` if there is no such frame, `bad-file` if its bytes are not there
 */
export async function readFrame(file: PixelFile, index: number): Promise<Uint8Array> {
  const { numberOfFrames } = file.description;
  if (!Number.isInteger(index) || index < 0 || index >= numberOfFrames) {
    throw new DicomError("out-of-range", `Cannot read frame ${index}: there are ${numberOfFrames}`);
  }
  const { element } = pixelElement(file.dataSet)!; // else it would have no description
  if (!element.fragments) return await readNativeFrame(file, element, index);
  const fragments = await fragmentsOf(file, element.fragments, index);
  return await join(file, fragments);
}

async function readNativeFrame(
  file: PixelFile,
  element: DataElement,
  index: number,
): Promise<Uint8Array> {
  const bits = frameBits(file.description);
  const first = bits * index;
  const start = Math.floor(first / 8);
  const end = Math.ceil((first + bits) / 8);
  const { description: { bitsAllocated }, dataSet: { encoding } } = file;
  if (!encoding.littleEndian && element.vr === "OW" && bitsAllocated <= 8) {
    return await readSwappedWords(file, element, { start, end, shift: first % 8 });
  }
  const bytes = await readPlace(file, element.valueOffset + start, end - start);
  return shiftBits(bytes, first % 8);
}

/** Big endian words hold pairs of samples of 8 bits in reverse (PS3.5 Section 8.2). */
async function readSwappedWords(
  file: PixelFile,
  { valueOffset, length }: DataElement,
  { start, end, shift }: { readonly start: number; readonly end: number; readonly shift: number },
): Promise<Uint8Array> {
  const from = start - start % 2;
  const to = Math.min(end + end % 2, length);
  const words = new Uint8Array(await readPlace(file, valueOffset + from, to - from));
  for (let at = 0; at + 1 < words.length; at += 2) {
    [words[at], words[at + 1]] = [words[at + 1]!, words[at]!];
  }
  return shiftBits(words.subarray(start - from, end - from), shift);
}

/** `bytes` without their lowest `shift` bits, so that a frame of single bits starts with a byte. */
function shiftBits(bytes: Uint8Array, shift: number): Uint8Array {
  if (shift === 0) return bytes;
  return bytes.map((byte, at) => (byte >> shift) | ((bytes[at + 1] ?? 0) << (8 - shift)));
}

/** The fragments that frame `index` consists of. */
async function fragmentsOf(
  file: PixelFile,
  [table, ...fragments]: readonly Fragment[],
  index: number,
): Promise<readonly Fragment[]> {
  const { numberOfFrames } = file.description;
  if (numberOfFrames === 1) return fragments;
  if (fragments.length === numberOfFrames) return [fragments[index]!];
  const starts = await extendedOffsets(file) ?? await basicOffsets(file, table!);
  if (starts) return between(fragments, starts, index);
  return await countEnds(file, fragments, index);
}

/** The Extended Offset Table (PS3.3 Section C.7.6.3.1.8), if the file has one that fits. */
async function extendedOffsets(file: PixelFile): Promise<number[] | undefined> {
  const element = file.dataSet.get(IMAGE_TAG.extendedOffsetTable);
  const { numberOfFrames } = file.description;
  if (!element || element.length !== 8 * numberOfFrames) return undefined;
  if (element.length > MAXIMUM_TABLE_BYTES) return undefined;
  const bytes = await readPlace(file, element.valueOffset, element.length);
  const view = viewOf(bytes);
  return Array.from({ length: numberOfFrames }, (_, n) => Number(view.getBigUint64(8 * n, true)));
}

/** The Basic Offset Table (PS3.5 Section A.4), if it fits. */
async function basicOffsets(file: PixelFile, table: Fragment): Promise<number[] | undefined> {
  const { numberOfFrames } = file.description;
  if (table.length !== 4 * numberOfFrames || table.length > MAXIMUM_TABLE_BYTES) return undefined;
  const bytes = await readPlace(file, table.offset, table.length);
  return Array.from({ length: numberOfFrames }, (_, n) => readU32(bytes, 4 * n, true));
}

/** The fragments from one offset up to the next; offsets count from the first item behind the table. */
function between(
  fragments: readonly Fragment[],
  starts: readonly number[],
  index: number,
): readonly Fragment[] {
  const origin = fragments[0]!.offset;
  const from = origin + starts[index]!;
  const to = origin + (starts[index + 1] ?? Infinity);
  const found = fragments.filter(({ offset }) => offset >= from && offset < to);
  if (found[0]?.offset !== from) throw badPixels(`no fragment is where frame ${index} starts`);
  return found;
}

/** Without a table, a frame ends with a fragment that ends with an end marker. */
async function countEnds(
  file: PixelFile,
  fragments: readonly Fragment[],
  index: number,
): Promise<readonly Fragment[]> {
  let frame = 0;
  let found: Fragment[] = [];
  for (const fragment of fragments) {
    if (frame === index) found.push(fragment);
    if (!await endsImage(file, fragment)) continue;
    if (frame === index) return found;
    frame++;
    found = [];
  }
  throw badPixels(`${fragments.length} fragments have no end of frame ${index}`);
}

async function endsImage(file: PixelFile, { offset, length }: Fragment): Promise<boolean> {
  const tail = Math.min(length, TAIL_BYTES);
  const bytes = await readPlace(file, offset + length - tail, tail);
  const end = bytes.findLastIndex((byte) => byte !== 0);
  // A marker of an odd length may be followed by one byte of padding of any value.
  return [end, end - 1].some((at) =>
    at >= 1 && END_MARKERS.includes((bytes[at - 1]! << 8) | bytes[at]!)
  );
}

async function join(file: PixelFile, fragments: readonly Fragment[]): Promise<Uint8Array> {
  const length = fragments.reduce((sum, fragment) => sum + fragment.length, 0);
  if (length > MAXIMUM_ENCODED_BYTES) throw badPixels("the fragments of a frame are too long");
  const [first] = fragments;
  if (fragments.length === 1) return await readPlace(file, first!.offset, length);
  const joined = new Uint8Array(length);
  let at = 0;
  for (const { offset, length } of fragments) {
    joined.set(await readPlace(file, offset, length), at);
    at += length;
  }
  return joined;
}

/** `length` bytes at `offset` of the data set, also of a deflated one. */
async function readPlace(file: PixelFile, offset: number, length: number): Promise<Uint8Array> {
  const { source, meta } = file;
  if (!meta.deflated) return await readFully(source, meta.dataSetOffset + offset, length);
  const bytes = new Uint8Array(length);
  let at = 0;
  for await (const piece of readValue(source, { meta, offset, length })) {
    bytes.set(piece, at);
    at += piece.length;
  }
  if (at < length) throw badPixels("the file is cut short");
  return bytes;
}
