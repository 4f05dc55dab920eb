import { readU16 } from "../bytes/numbers.ts";
import type { DataSet } from "../dicom/data_set.ts";
import type { Tag } from "../dicom/tag.ts";
import { type Lut, type LutDescriptor, readLutData, readLutDescriptor } from "./lut.ts";
import { badPixels } from "./pixels.ts";
import type { SampleArray } from "./samples.ts";
import { IMAGE_TAG } from "./tags.ts";

/** The tables of a PALETTE COLOR image: red, green and blue. */
export type Palette = readonly [Lut, Lut, Lut];

interface ColorTags {
  readonly descriptor: Tag;
  readonly data: Tag;
  readonly segmented: Tag;
}

const COLORS = [
  {
    descriptor: IMAGE_TAG.redPaletteDescriptor,
    data: IMAGE_TAG.redPaletteData,
    segmented: IMAGE_TAG.redSegmentedPaletteData,
  },
  {
    descriptor: IMAGE_TAG.greenPaletteDescriptor,
    data: IMAGE_TAG.greenPaletteData,
    segmented: IMAGE_TAG.greenSegmentedPaletteData,
  },
  {
    descriptor: IMAGE_TAG.bluePaletteDescriptor,
    data: IMAGE_TAG.bluePaletteData,
    segmented: IMAGE_TAG.blueSegmentedPaletteData,
  },
] as const satisfies readonly ColorTags[];

/**
 * The palette of an image (PS3.3 Section C.7.9).
 *
 * @param signed whether indices may be negative
 * @throws DicomError `bad-file` if it is not whole
 */
export function readPalette(dataSet: DataSet, signed: boolean): Palette {
  const [red, green, blue] = COLORS.map((tags) => readTable(dataSet, tags, signed));
  return [red!, green!, blue!];
}

/** The colours of indices, in RGB. @param bits of each sample of the result */
export function applyPalette(palette: Palette, indices: SampleArray, bits: 8 | 16) {
  const result = new (bits === 8 ? Uint8Array : Uint16Array)(indices.length * 3);
  palette.forEach((lut, color) => {
    const { first } = lut;
    const entries = scaled(lut, bits);
    const last = entries.length - 1;
    for (let at = 0, to = color; at < indices.length; at++, to += 3) {
      const entry = indices[at]! - first;
      result[to] = entries[entry < 0 ? 0 : entry > last ? last : entry]!;
    }
  });
  return result;
}

/** Entries of 16 bits lose their lower half, those of 8 bits are used for both (as Orthanc does). */
function scaled({ entries, bits }: Lut, wanted: 8 | 16): Uint16Array {
  if (wanted === 16) return bits > 8 ? entries : entries.map((entry) => entry * 257);
  return bits > 8 ? entries.map((entry) => entry >> 8) : entries;
}

function readTable(dataSet: DataSet, tags: ColorTags, signed: boolean): Lut {
  const descriptor = readLutDescriptor(dataSet, tags.descriptor, signed);
  const { first, bits } = descriptor;
  const entries = dataSet.get(tags.segmented)
    ? expandSegments(segmentWords(dataSet, tags.segmented, bits), descriptor)
    : readLutData(dataSet, tags.data, descriptor);
  return { first, bits, entries };
}

/** Segmented data in words; entries of 8 bits make all its numbers bytes (PS3.3 Section C.7.9.2). */
function segmentWords(dataSet: DataSet, tag: Tag, bits: number): Uint16Array {
  const bytes = dataSet.get(tag)?.bytes ?? new Uint8Array(0);
  const turn = dataSet.encoding.littleEndian ? 0 : 1; // which of a pair comes first, words being swapped
  if (bits === 8) return Uint16Array.from(bytes, (_, at) => bytes[at ^ turn] ?? 0);
  const length = bytes.length >> 1;
  return Uint16Array.from(
    { length },
    (_, at) => readU16(bytes, 2 * at, dataSet.encoding.littleEndian),
  );
}

/** Opcodes of PS3.3 Section C.7.9.2. */
const OPCODE = { discrete: 0, linear: 1, indirect: 2 } as const;

/** What segments are read from, and become. */
interface Expansion {
  readonly words: Uint16Array;
  readonly entries: Uint16Array;
  filled: number;
}

/** The entries that segments stand for (PS3.3 Section C.7.9.2). @throws DicomError `bad-file` */
function expandSegments(words: Uint16Array, { length, bits }: LutDescriptor): Uint16Array {
  const state: Expansion = { words, entries: new Uint16Array(length), filled: 0 };
  for (let at = 0; at + 1 < words.length && state.filled < length;) {
    at = words[at] === OPCODE.indirect
      ? expandIndirect(state, at, bits)
      : expandSegment(state, at, words[at + 1]!);
  }
  if (state.filled < length) throw badPixels("a segmented lookup table is too short");
  return state.entries;
}

/** A discrete or linear segment at `at`; returns where the next is. */
function expandSegment(state: Expansion, at: number, count: number): number {
  const { words, entries } = state;
  if (count === 0) throw badPixels("a segment has no entries"); // nor would reading them ever end
  switch (words[at]) {
    case OPCODE.discrete: {
      const values = words.subarray(at + 2, at + 2 + count);
      if (values.length < count) throw badPixels("a segment is cut short");
      entries.set(values.subarray(0, entries.length - state.filled), state.filled);
      state.filled = Math.min(entries.length, state.filled + count);
      return at + 2 + count;
    }
    case OPCODE.linear:
      expandLinear(state, count, words[at + 2]);
      return at + 3;
    default:
      throw badPixels(`a segment has the opcode ${words[at]}`);
  }
}

function expandLinear(state: Expansion, count: number, end: number | undefined): void {
  const { entries, filled } = state;
  if (end === undefined || filled === 0) throw badPixels("a linear segment has no ends");
  const start = entries[filled - 1]!;
  const room = Math.min(count, entries.length - filled);
  for (let n = 0; n < room; n++) {
    entries[filled + n] = Math.round(start + (end - start) * (n + 1) / count);
  }
  state.filled += room;
}

/** Segments from elsewhere in the data, by the offset in bytes of the first, again; they hold no indirect ones. */
function expandIndirect(state: Expansion, at: number, bits: number): number {
  const { words } = state;
  const count = words[at + 1]!;
  const parts = bits === 8 ? 4 : 2;
  if (at + 2 + parts > words.length) throw badPixels("an indirect segment has no offset");
  const scale = bits === 8 ? 256 : 65536;
  let offset = 0;
  for (let part = parts - 1; part >= 0; part--) offset = offset * scale + words[at + 2 + part]!;
  let from = bits === 8 ? offset : offset >>> 1;
  for (let n = 0; n < count && state.filled < state.entries.length; n++) {
    if (from + 1 >= words.length) throw badPixels("an indirect segment points outside");
    from = expandSegment(state, from, words[from + 1]!);
  }
  return at + 2 + parts;
}
