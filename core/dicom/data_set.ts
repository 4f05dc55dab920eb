import { type CharacterSets, characterSets, decodeText } from "./charset.ts";
import { DicomError } from "../errors.ts";
import type { ElementHeader } from "./element_header.ts";
import type { ScanSink } from "./scanner.ts";
import { TAG, type Tag } from "./tag.ts";
import type { DataSetEncoding } from "./transfer_syntax.ts";
import type { Vr } from "./vr.ts";

/** One fragment of encapsulated Pixel Data: a range of the data set's bytes. */
export interface Fragment {
  readonly offset: number;
  readonly length: number;
}

/** A data element (PS3.5 Section 7.1); what it holds depends on its kind. */
export interface DataElement {
  readonly tag: Tag;
  readonly vr: Vr;
  /** Offset of the tag, from the start of the data set in the file. */
  readonly offset: number;
  readonly valueOffset: number;
  /** Bytes of the value; those of a sequence or of fragments may be `UNDEFINED_LENGTH`. */
  readonly length: number;
  /** The value, unless it was too long to be kept; read it from the file then. */
  bytes?: Uint8Array;
  /** The items of a sequence. */
  readonly items?: DataSet[];
  /** The fragments of encapsulated Pixel Data, the offset table first. */
  readonly fragments?: Fragment[];
}

/** The elements of a data set or item; text is decoded when it is asked for. */
export class DataSet {
  #elements: DataElement[] = [];
  #isSorted = true;
  #byTag: Map<Tag, DataElement> | undefined;
  #characterSets: CharacterSets | undefined;
  readonly #inherited: () => CharacterSets;

  /** @param inherited the character sets that hold when (0008,0005) is absent (PS3.5 Section 6.1.2.3) */
  constructor(readonly encoding: DataSetEncoding, inherited: () => CharacterSets) {
    this.#inherited = inherited;
  }

  /** In the order of their tags; of those that a file repeats, the first (as DCMTK and so Orthanc has it). */
  get elements(): readonly DataElement[] {
    if (!this.#isSorted) {
      this.#elements = this.#elements.toSorted((a, b) => a.tag - b.tag)
        .filter((element, n, all) => n === 0 || element.tag !== all[n - 1]!.tag);
      this.#isSorted = true;
    }
    return this.#elements;
  }

  /** Adds an element, in whatever order; it is for those who make the data set. */
  add(element: DataElement): void {
    const last = this.#elements.at(-1);
    if (last && element.tag <= last.tag) this.#isSorted = false;
    this.#elements.push(element);
    this.#byTag = undefined;
  }

  get(tag: Tag): DataElement | undefined {
    this.#byTag ??= new Map(this.elements.map((element) => [element.tag, element]));
    return this.#byTag.get(tag);
  }

  /** The character sets of text in this data set. */
  get characterSets(): CharacterSets {
    if (this.#characterSets === undefined) {
      const bytes = this.get(TAG.specificCharacterSet)?.bytes;
      const inherited = this.#inherited();
      const declared = bytes && String.fromCharCode(...bytes.subarray(0, 1024));
      this.#characterSets = characterSets(declared, inherited);
    }
    return this.#characterSets;
  }

  /** The text of `bytes` in the character sets of this data set, without its trailing padding. */
  decode(bytes: Uint8Array, vr: Vr): string {
    return trimPadding(decodeText(bytes, this.characterSets, { personName: vr === "PN" }));
  }
}

/** Which elements a `DataSetBuilder` keeps. */
export interface BuildOptions {
  /** Character sets where the data set declares none (option `DefaultEncoding`). */
  readonly defaultSets: CharacterSets;
  /** Values longer than this many bytes are not kept, only their place. */
  readonly maximumLength: number;
  /** Which elements to keep at all; all by default. Called for sequences too. */
  readonly keep?: (header: ElementHeader) => boolean;
}

/** Elements, items and fragments that one data set may hold in memory. */
const MAXIMUM_ELEMENTS = 1_000_000;

/** Bytes of chunks that the values of one data set may keep in memory. */
const MAXIMUM_KEPT_CHUNKS = 1048576;

/** Builds a `DataSet` from what a scanner sees. */
export class DataSetBuilder implements ScanSink {
  readonly root: DataSet;
  readonly #options: BuildOptions;
  readonly #open: DataSet[];
  readonly #sequences: DataSet[][] = [];
  #fragments: Fragment[] | undefined;
  #last: DataElement | undefined;
  #count = 0;
  #lastKept: ArrayBufferLike | undefined;
  #keptBytes = 0;
  /** Sequences entered since one that is not kept. */
  #ignored = 0;

  constructor(encoding: DataSetEncoding, options: BuildOptions) {
    this.#options = options;
    this.root = new DataSet(encoding, () => options.defaultSets);
    this.#open = [this.root];
  }

  element(header: ElementHeader): boolean {
    if (!this.#keeps(header)) return false;
    this.#add(header);
    return header.length <= this.#options.maximumLength;
  }

  value(bytes: Uint8Array): void {
    this.#last!.bytes = this.#mayKeepChunk(bytes) ? bytes : new Uint8Array(bytes);
  }

  startSequence(header: ElementHeader): void {
    if (!this.#keeps(header)) {
      this.#ignored++;
      return;
    }
    const items: DataSet[] = [];
    this.#add({ ...header, vr: "SQ", items });
    this.#sequences.push(items);
  }

  startItem(encoding: DataSetEncoding): void {
    if (this.#ignored > 0) return;
    const parent = this.#current();
    const item = new DataSet(encoding, () => parent.characterSets);
    this.#countOne();
    this.#sequences.at(-1)!.push(item);
    this.#open.push(item);
  }

  endItem(): void {
    if (this.#ignored === 0) this.#open.pop();
  }

  endSequence(): void {
    if (this.#ignored > 0) this.#ignored--;
    else this.#sequences.pop();
  }

  startFragments(header: ElementHeader): void {
    if (!this.#keeps(header)) return;
    this.#fragments = [];
    this.#add({ ...header, fragments: this.#fragments });
  }

  fragment(offset: number, length: number): boolean {
    if (!this.#fragments) return false;
    this.#countOne();
    this.#fragments.push({ offset, length });
    return false;
  }

  endFragments(): void {
    this.#fragments = undefined;
  }

  #keeps(header: ElementHeader): boolean {
    return this.#ignored === 0 && (this.#options.keep?.(header) ?? true);
  }

  /** A view keeps its whole chunk in memory: that is quick, but only some of them may be kept. */
  #mayKeepChunk({ buffer }: Uint8Array): boolean {
    if (buffer === this.#lastKept) return true;
    if (this.#keptBytes + buffer.byteLength > MAXIMUM_KEPT_CHUNKS) return false;
    this.#keptBytes += buffer.byteLength;
    this.#lastKept = buffer;
    return true;
  }

  #current(): DataSet {
    return this.#open.at(-1)!;
  }

  #add(element: DataElement): void {
    this.#countOne();
    this.#last = element;
    this.#current().add(element);
  }

  #countOne(): void {
    if (++this.#count <= MAXIMUM_ELEMENTS) return;
    const fact = `it has more than ${MAXIMUM_ELEMENTS} elements`;
    throw new DicomError("bad-file", `Cannot read data set: ${fact}`);
  }
}

/** `text` without trailing spaces and NULs (PS3.5 Section 6.2). */
export function trimPadding(text: string): string {
  let end = text.length;
  while (end > 0 && (text.charCodeAt(end - 1) === 0x20 || text.charCodeAt(end - 1) === 0)) end--;
  return end === text.length ? text : text.slice(0, end);
}
