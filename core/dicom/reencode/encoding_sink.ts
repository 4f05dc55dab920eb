import { ByteWriter } from "../../bytes/writer.ts";
import { DicomError } from "../../errors.ts";
import { type ElementHeader, UNDEFINED_LENGTH } from "../element_header.ts";
import type { ScanSink } from "../scanner.ts";
import { elementOf, groupOf, TAG, type Tag, tagOf } from "../tag.ts";
import type { DataSetEncoding } from "../transfer_syntax.ts";
import { type Vr, vrInfo } from "../vr.ts";
import { isSignedByPixels } from "./signed_tags.ts";
import { UnitSwapper } from "./unit_swapper.ts";

/** Longer pieces of values are handed on as they are, not copied. */
const COPIED = 4096;
/** The longest value of a short length field. */
const LONGEST_SHORT = 0xfffe;

/** What holds elements: the data set, or one of its items. */
interface Place {
  /** Of what is read. */
  readonly encoding: DataSetEncoding;
  /** Whether its pixels are signed; undefined if it has not said so. */
  signed: boolean | undefined;
}

/**
 * Writes what a scanner sees in another encoding. Sequences and items get delimiters, as their length is not
 * known beforehand; group lengths are left out, as they would be wrong.
 */
export class EncodingSink implements ScanSink {
  readonly #to: DataSetEncoding;
  readonly #places: Place[];
  #writer: ByteWriter;
  #pieces: Uint8Array[] = [];
  #chunk: Uint8Array = EMPTY;
  #chunkAt = 0;
  /** Bytes of the open value that have not come. */
  #missing = 0;
  #swapper: UnitSwapper | undefined;
  #padding: number | undefined;
  #dropped = false;
  /** Whether the open value says if pixels are signed. */
  #watched = false;

  constructor(from: DataSetEncoding, to: DataSetEncoding) {
    this.#to = to;
    this.#places = [{ encoding: from, signed: undefined }];
    this.#writer = new ByteWriter(to.littleEndian);
  }

  /** Says which bytes the scanner is about to get, and where they are in the data set. */
  announce(chunk: Uint8Array, at: number): void {
    this.#chunk = chunk;
    this.#chunkAt = at;
  }

  /** Bytes of the open value that the scanner does not need. */
  pass(bytes: Uint8Array): void {
    this.#missing -= bytes.length;
    if (this.#watched && bytes.some((byte) => byte !== 0)) this.#places.at(-1)!.signed = true;
    if (!this.#dropped) {
      const swapped = this.#swapper ? this.#swapper.push(bytes) : bytes;
      this.#write(swapped);
    }
    if (this.#missing === 0) this.#endValue();
  }

  /** What has been written since the last call. */
  take(): readonly Uint8Array[] {
    this.#flush();
    const pieces = this.#pieces;
    this.#pieces = [];
    return pieces;
  }

  element(header: ElementHeader): boolean {
    const { tag, length, valueOffset } = header;
    const vr = this.#vrOf(header);
    const { unit, padding } = vrInfo(vr);
    const { encoding } = this.#places.at(-1)!;
    const turned = encoding.littleEndian !== this.#to.littleEndian && unit > 1;
    this.#missing = length;
    this.#swapper = turned ? new UnitSwapper(unit) : undefined;
    this.#padding = length % 2 === 1 ? padding : undefined;
    this.#dropped = elementOf(tag) === 0;
    if (!this.#dropped) this.#writeHeader(tag, vr, length + length % 2);
    if (length === 0) return false;
    this.#watched = tag === PIXEL_REPRESENTATION;
    if (this.#watched) this.#places.at(-1)!.signed = false;
    const from = valueOffset - this.#chunkAt;
    const present = this.#chunk.subarray(from, from + length);
    if (present.length > 0) this.pass(present);
    return false;
  }

  value(): void {
    throw new DicomError("internal", "Cannot re-encode data set: a value was collected");
  }

  startSequence({ tag }: ElementHeader): void {
    this.#writeHeader(tag, "SQ", UNDEFINED_LENGTH);
  }

  startItem(encoding: DataSetEncoding): void {
    this.#places.push({ encoding, signed: this.#places.at(-1)!.signed });
    this.#writeMarker(TAG.item, UNDEFINED_LENGTH);
  }

  endItem(): void {
    this.#places.pop();
    this.#writeMarker(TAG.itemDelimitation, 0);
  }

  endSequence(): void {
    this.#writeMarker(TAG.sequenceDelimitation, 0);
  }

  startFragments(): void {
    throw new DicomError(
      "unsupported-media",
      "Cannot re-encode data set: its pixels are compressed",
    );
  }

  fragment(): boolean {
    return false;
  }

  endFragments(): void {}

  /** Signed numbers where the dictionary leaves the choice, and the pixels are signed (PS3.5 Annex A.1). */
  #vrOf({ tag, vr }: ElementHeader): Vr {
    const { encoding, signed } = this.#places.at(-1)!;
    return vr === "US" && signed && !encoding.explicitVr && isSignedByPixels(tag) ? "SS" : vr;
  }

  #writeHeader(tag: Tag, vr: Vr, length: number): void {
    this.#writer.u16(groupOf(tag)).u16(elementOf(tag));
    if (!this.#to.explicitVr) this.#writer.u32(length);
    else {
      const long = vrInfo(vr).longLength;
      const written = !long && length > LONGEST_SHORT ? "UN" : vr;
      this.#writer.u8(written.charCodeAt(0)).u8(written.charCodeAt(1));
      if (long || written === "UN") this.#writer.u16(0).u32(length);
      else this.#writer.u16(length);
    }
  }

  #writeMarker(tag: Tag, length: number): void {
    this.#writer.u16(groupOf(tag)).u16(elementOf(tag)).u32(length);
  }

  #endValue(): void {
    if (this.#dropped) return;
    if (this.#swapper) this.#write(this.#swapper.rest);
    if (this.#padding !== undefined) this.#writer.u8(this.#padding);
  }

  #write(bytes: Uint8Array): void {
    if (bytes.length <= COPIED) this.#writer.slice(bytes);
    else {
      this.#flush();
      this.#pieces.push(bytes);
    }
  }

  #flush(): void {
    const bytes = this.#writer.take();
    if (bytes.length === 0) return;
    this.#pieces.push(bytes);
    this.#writer = new ByteWriter(this.#to.littleEndian);
  }
}

const EMPTY = new Uint8Array(0);
const PIXEL_REPRESENTATION = tagOf(0x0028, 0x0103);
