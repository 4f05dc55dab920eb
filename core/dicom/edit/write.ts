import type { ByteSource } from "../../bytes/source.ts";
import { ByteWriter } from "../../bytes/writer.ts";
import type { DataElement } from "../data_set.ts";
import { readFully, readRange } from "../decode.ts";
import { UNDEFINED_LENGTH } from "../element_header.ts";
import { encodeDataSet } from "../encode.ts";
import { elementOf, groupOf, TAG, type Tag } from "../tag.ts";
import type { DataSetEncoding } from "../transfer_syntax.ts";
import { EditedDataSet, type EditedElement, isChanged } from "./data_set.ts";
import type { EditedFile } from "./read.ts";

/** Shorter ranges of the file are read together. */
const WINDOW = 65536;

/** A range of the data set in the file, in bytes. */
interface Range {
  readonly from: number;
  readonly to: number;
}

/**
 * The data set of an edited file, without its file meta information, in the encoding that it had. What was not touched
 * comes from the file as it is; group lengths are left out, as they would be wrong.
 *
 * @throws DicomError `bad-request` or `bad-type` for a new value that cannot be encoded
 */
export function writeEdited({ source, meta, root, ends }: EditedFile): WrittenDataSet {
  const pieces = new Pieces();
  new DataSetWriter(pieces, ends).write(root, "");
  const all = pieces.take();
  const length = all.reduce((sum, piece) => sum + lengthOf(piece), 0);
  return { length, bytes: readPieces(source, meta.dataSetOffset, all) };
}

/** A data set, to be read once. */
export interface WrittenDataSet {
  /** In bytes. */
  readonly length: number;
  readonly bytes: AsyncIterable<Uint8Array>;
}

function lengthOf(piece: Uint8Array | Range): number {
  return piece instanceof Uint8Array ? piece.length : piece.to - piece.from;
}

/** What is written, in order: new bytes, and ranges of the file. */
class Pieces {
  readonly #pieces: (Uint8Array | Range)[] = [];

  bytes(bytes: Uint8Array): void {
    this.#pieces.push(bytes);
  }

  range(from: number, to: number): void {
    const last = this.#pieces.at(-1);
    if (last && !(last instanceof Uint8Array) && last.to === from) {
      this.#pieces[this.#pieces.length - 1] = { from: last.from, to };
    } else this.#pieces.push({ from, to });
  }

  take(): readonly (Uint8Array | Range)[] {
    return this.#pieces;
  }
}

class DataSetWriter {
  constructor(readonly pieces: Pieces, readonly ends: ReadonlyMap<number, number>) {}

  /** @param inherited the Specific Character Set where the data set declares none */
  write(dataSet: EditedDataSet, inherited: string): void {
    const characterSet = dataSet.text(TAG.specificCharacterSet) ?? inherited;
    for (const [tag, element] of dataSet.elements) {
      if (elementOf(tag) !== 0) this.#element(tag, element, dataSet.stored.encoding, characterSet);
    }
  }

  #element(
    tag: Tag,
    element: EditedElement,
    encoding: DataSetEncoding,
    characterSet: string,
  ): void {
    if (element.kind === "value") {
      const { vr, value } = element;
      this.pieces.bytes(encodeDataSet([{ tag, vr, value }], { encoding, characterSet }));
    } else if (element.kind === "stored") this.#stored(element.element, encoding, characterSet);
    else if (element.stored && !isChanged(element)) {
      this.#stored(element.stored, encoding, characterSet);
    } else this.#sequence(tag, element.items, encoding, characterSet);
  }

  #stored(element: DataElement, encoding: DataSetEncoding, characterSet: string): void {
    const end = this.#endOf(element);
    if (end !== undefined) this.pieces.range(element.offset, end);
    else {
      const items = element.items!.map((item) => new EditedDataSet(item));
      this.#sequence(element.tag, items, encoding, characterSet);
    }
  }

  /** Undefined for a sequence of which the end is not known. */
  #endOf({ offset, valueOffset, length, fragments }: DataElement): number | undefined {
    if (length !== UNDEFINED_LENGTH) return valueOffset + length;
    if (!fragments) return this.ends.get(offset);
    const last = fragments.at(-1);
    return (last ? last.offset + last.length : valueOffset) + MARKER_SIZE;
  }

  /** With delimiters, as the lengths are not known; what was UN of undefined length stays so (PS3.5 Section 6.2.2). */
  #sequence(
    tag: Tag,
    items: readonly EditedDataSet[],
    encoding: DataSetEncoding,
    characterSet: string,
  ): void {
    const { explicitVr } = encoding;
    const isUnknown = explicitVr && items.some((item) => !item.stored.encoding.explicitVr);
    const { littleEndian } = items[0]?.stored.encoding ?? encoding;
    const header = new ByteWriter(encoding.littleEndian).u16(groupOf(tag)).u16(elementOf(tag));
    if (explicitVr) header.slice(isUnknown ? UNKNOWN : SEQUENCE).u16(0);
    this.pieces.bytes(header.u32(UNDEFINED_LENGTH).take());
    for (const item of items) {
      this.pieces.bytes(marker(TAG.item, UNDEFINED_LENGTH, littleEndian));
      this.write(item, characterSet);
      this.pieces.bytes(marker(TAG.itemDelimitation, 0, littleEndian));
    }
    this.pieces.bytes(marker(TAG.sequenceDelimitation, 0, littleEndian));
  }
}

/** Bytes of an item or delimiter without content. */
const MARKER_SIZE = 8;
const SEQUENCE = new TextEncoder().encode("SQ");
const UNKNOWN = new TextEncoder().encode("UN");

function marker(tag: Tag, length: number, littleEndian: boolean): Uint8Array {
  return new ByteWriter(littleEndian).u16(groupOf(tag)).u16(elementOf(tag)).u32(length).take();
}

/** The pieces in order; short ranges that lie close together are read at once. */
async function* readPieces(
  source: ByteSource,
  start: number,
  pieces: readonly (Uint8Array | Range)[],
): AsyncGenerator<Uint8Array> {
  let window: { readonly at: number; readonly bytes: Uint8Array } | undefined;
  for (const piece of pieces) {
    if (piece instanceof Uint8Array) {
      yield piece;
      continue;
    }
    const at = start + piece.from;
    const length = piece.to - piece.from;
    if (length > WINDOW) {
      yield* readRange(source, at, length);
      continue;
    }
    if (!window || at < window.at || at + length > window.at + window.bytes.length) {
      window = { at, bytes: await readFully(source, at, Math.min(WINDOW, source.size - at)) };
    }
    yield window.bytes.subarray(at - window.at, at - window.at + length);
  }
}
