import { readU16, readU32 } from "../bytes/numbers.ts";
import { DicomError } from "../errors.ts";
import { formatTag, TAG, type Tag } from "./tag.ts";
import type { DataSetEncoding } from "./transfer_syntax.ts";
import { type Vr, vrInfo, vrOf } from "./vr.ts";

/** Length field of an element whose end is marked by a delimiter (PS3.5 Section 7.1.1). */
export const UNDEFINED_LENGTH = 0xffffffff;

/** Sequences deeper than this are refused: no real data set comes near it. */
export const MAXIMUM_DEPTH = 64;

/** What precedes the value of a data element; offsets count from the start of the data set. */
export interface ElementHeader {
  readonly tag: Tag;
  readonly vr: Vr;
  /** Length in bytes, or `UNDEFINED_LENGTH`. */
  readonly length: number;
  /** Offset of the tag. */
  readonly offset: number;
  /** Offset of the value. */
  readonly valueOffset: number;
  /** 0 for elements of the data set itself, 1 for those of its items, and so on. */
  readonly depth: number;
}

/** Receives the structure of a data set in file order. */
export interface ScanSink {
  /** A plain element. @returns whether its bytes are wanted. */
  element(header: ElementHeader): boolean;
  /** The bytes of the last element or fragment that was wanted: often a view of the pushed chunk. */
  value(bytes: Uint8Array): void;
  startSequence(header: ElementHeader): void;
  startItem(encoding: DataSetEncoding): void;
  endItem(): void;
  endSequence(): void;
  /** Encapsulated Pixel Data (PS3.5 Section A.4); its items are fragments. */
  startFragments(header: ElementHeader): void;
  /** @returns whether the bytes of the fragment are wanted. */
  fragment(offset: number, length: number): boolean;
  endFragments(): void;
}

/** What a scan needs to know beforehand. */
export interface ScanOptions {
  readonly encoding: DataSetEncoding;
  readonly sink: ScanSink;
  /** The dictionary, for implicit VR. */
  readonly vrOfTag: (tag: Tag) => Vr | undefined;
  /** Stops in front of the first element of the data set itself that satisfies this. */
  readonly stopBefore?: (tag: Tag) => boolean;
  /** Bytes of the whole data set where known: a longer value is refused before its bytes are awaited. */
  readonly size?: number;
}

type ContainerKind = "sequence" | "item" | "fragments";

/** An open sequence, item or list of fragments. */
interface Container {
  readonly kind: ContainerKind;
  /** Offset of its end; Infinity when a delimiter ends it. */
  readonly end: number;
  /** Encoding of what it holds: UN of undefined length holds Implicit VR Little Endian. */
  readonly encoding: DataSetEncoding;
}

/** PS3.5 Section 6.2.2, Note 2: the content of a UN element of undefined length. */
const UNKNOWN_CONTENT: DataSetEncoding = { explicitVr: false, littleEndian: true };

/**
 * Reads the structure of one data set from chunks of any size, without recursion and without keeping
 * values that nobody wants (PS3.5 Section 7). `skippable` tells how many of the next bytes it does not
 * need, so that a file can be read by seeking.
 */
export class DataSetScanner {
  readonly #sink: ScanSink;
  readonly #encoding: DataSetEncoding;
  readonly #vrOfTag: (tag: Tag) => Vr | undefined;
  readonly #size: number;
  readonly #stopBefore: ((tag: Tag) => boolean) | undefined;
  readonly #stack: Container[] = [];
  #at = 0;
  #skip = 0;
  #carry = new Uint8Array(0);
  #collecting: { readonly bytes: Uint8Array; filled: number } | undefined;
  #padding = false;

  /** Whether `stopBefore` was met: nothing more is read. */
  stopped = false;

  constructor({ encoding, sink, vrOfTag, stopBefore, size = Infinity }: ScanOptions) {
    this.#encoding = encoding;
    this.#sink = sink;
    this.#vrOfTag = vrOfTag;
    this.#size = size;
    this.#stopBefore = stopBefore;
  }

  /** How many of the next bytes are not needed: pass them to `skip()` instead of `push()`. */
  get skippable(): number {
    return this.#carry.length === 0 && this.#collecting === undefined ? this.#skip : 0;
  }

  /** Goes over `length` of the skippable bytes without seeing them. */
  skip(length: number): void {
    this.#skip -= length;
    this.#at += length;
  }

  /**
   * Reads the next bytes of the data set.
   *
   * @throws DicomError `bad-file` if they cannot belong to a data set
   */
  push(chunk: Uint8Array): void {
    let bytes = chunk;
    if (this.#carry.length > 0) {
      bytes = new Uint8Array(this.#carry.length + chunk.length);
      bytes.set(this.#carry);
      bytes.set(chunk, this.#carry.length);
      this.#carry = new Uint8Array(0);
    }
    let from = 0;
    while (!this.stopped) {
      from = this.#takeValue(bytes, from);
      if (this.#skip > 0 || this.#collecting) return;
      this.#closeFinished();
      if (from === bytes.length) return;
      const length = this.#takeHeader(bytes, from);
      if (length === 0) {
        if (!this.stopped) this.#carry = bytes.slice(from);
        return;
      }
      from += length;
    }
  }

  /**
   * Says that no more bytes follow.
   *
   * @throws DicomError `bad-file` if the data set is cut short
   */
  end(): void {
    if (this.stopped) return;
    const missing = this.#collecting
      ? this.#collecting.bytes.length - this.#collecting.filled
      : this.#skip;
    if (missing > 0) throw badFile(this.#at, `${missing} bytes of a value are missing`);
    if (this.#carry.some((byte) => byte !== 0)) {
      throw badFile(this.#at, "the last element is cut short");
    }
    this.#closeFinished();
    const open = this.#stack.at(-1);
    if (open) throw badFile(this.#at, `the end of the last ${open.kind} is missing`);
  }

  /** Consumes value bytes that are skipped or collected; returns where the next header starts. */
  #takeValue(bytes: Uint8Array, from: number): number {
    if (this.#collecting) {
      const { bytes: target, filled } = this.#collecting;
      const part = bytes.subarray(from, from + target.length - filled);
      target.set(part, filled);
      this.#collecting.filled += part.length;
      this.#at += part.length;
      if (this.#collecting.filled < target.length) return bytes.length;
      this.#collecting = undefined;
      this.#sink.value(target);
      return from + part.length;
    }
    const length = Math.min(this.#skip, bytes.length - from);
    this.#skip -= length;
    this.#at += length;
    return from + length;
  }

  /**
   * Reads the header at `from`, and its value too when it is wanted and present.
   *
   * @returns bytes consumed; 0 if the header is not complete
   */
  #takeHeader(bytes: Uint8Array, from: number): number {
    if (this.#padding) return this.#takePadding(bytes, from);
    const available = bytes.length - from;
    if (available < 8) return 0;
    const container = this.#stack.at(-1);
    const encoding = container?.encoding ?? this.#encoding;
    const { littleEndian } = encoding;
    const group = readU16(bytes, from, littleEndian);
    const tag = ((group << 16) | readU16(bytes, from + 2, littleEndian)) >>> 0;
    if (group === 0xfffe || (container && container.kind !== "item")) {
      return this.#takeDelimiter(tag, readU32(bytes, from + 4, littleEndian), container);
    }
    if (tag === 0 && !container && this.#at > 0) {
      this.#padding = true;
      return this.#takePadding(bytes, from);
    }
    if (!container && this.#stopBefore?.(tag)) {
      this.stopped = true;
      return 0;
    }
    const explicit = encoding.explicitVr && hasVr(bytes, from);
    const written = explicit ? vrOf(bytes[from + 4]!, bytes[from + 5]!) ?? "UN" : undefined;
    const headerLength = written && vrInfo(written).longLength ? 12 : 8;
    if (available < headerLength) return 0;
    const length = !explicit
      ? readU32(bytes, from + 4, littleEndian)
      : headerLength === 12
      ? readU32(bytes, from + 8, littleEndian)
      : readU16(bytes, from + 6, littleEndian);
    const header: ElementHeader = {
      tag,
      vr: this.#effectiveVr(tag, written, littleEndian),
      length,
      offset: this.#at,
      valueOffset: this.#at + headerLength,
      depth: this.#depth(),
    };
    this.#at += headerLength;
    const content = written === "UN" ? UNKNOWN_CONTENT : encoding;
    return headerLength + this.#openElement(header, content, bytes, from + headerLength);
  }

  /** What is written as UN is Implicit VR Little Endian inside (PS3.5 Section 6.2.2, Note 2). */
  #effectiveVr(tag: Tag, written: Vr | undefined, littleEndian: boolean): Vr {
    if (written !== undefined && (written !== "UN" || !littleEndian)) return written;
    return this.#vrOfTag(tag) ?? "UN";
  }

  /** Acts on an element header; returns how many bytes of its value it consumed at once. */
  #openElement(
    header: ElementHeader,
    content: DataSetEncoding,
    bytes: Uint8Array,
    from: number,
  ): number {
    const { length, vr, valueOffset } = header;
    const undefinedLength = length === UNDEFINED_LENGTH;
    this.#checkFits(valueOffset, undefinedLength ? 0 : length);
    if (vr === "SQ" || (undefinedLength && vr !== "OB" && vr !== "OW")) {
      this.#open({
        kind: "sequence",
        end: undefinedLength ? Infinity : valueOffset + length,
        encoding: content,
      });
      this.#sink.startSequence(header);
      return 0;
    }
    if (undefinedLength) {
      this.#open({ kind: "fragments", end: Infinity, encoding: content });
      this.#sink.startFragments(header);
      return 0;
    }
    return this.#openValue(this.#sink.element(header), length, bytes, from);
  }

  /** Acts on an item or delimiter (PS3.5 Section 7.5). */
  #takeDelimiter(tag: Tag, length: number, container: Container | undefined): number {
    const offset = this.#at;
    const delimited = container?.end === Infinity;
    this.#at += 8;
    if (tag === TAG.item && container?.kind === "sequence") {
      const undefinedLength = length === UNDEFINED_LENGTH;
      this.#checkFits(this.#at, undefinedLength ? 0 : length);
      this.#open({
        kind: "item",
        end: undefinedLength ? Infinity : this.#at + length,
        encoding: container.encoding,
      });
      this.#sink.startItem(container.encoding);
    } else if (tag === TAG.item && container?.kind === "fragments") {
      if (length === UNDEFINED_LENGTH) throw badFile(offset, "a fragment has no length");
      this.#checkFits(this.#at, length);
      const wanted = this.#sink.fragment(this.#at, length);
      this.#openValue(wanted, length, EMPTY, 0);
    } else if (delimited && tag === DELIMITER[container.kind]) {
      this.#close();
    } else if (!container || delimited || !isDelimiter(tag)) {
      // Only in containers of defined length a superfluous delimiter is harmless: some writers add it.
      throw badFile(offset, `${formatTag(tag)} is out of place`);
    }
    return 8;
  }

  /** Starts a value of `length` bytes; returns how many of `bytes` it consumed. */
  #openValue(wanted: boolean, length: number, bytes: Uint8Array, from: number): number {
    if (!wanted) {
      this.#skip = length;
      return 0;
    }
    if (bytes.length - from >= length) {
      this.#at += length;
      this.#sink.value(bytes.subarray(from, from + length));
      return length;
    }
    this.#collecting = { bytes: new Uint8Array(length), filled: 0 };
    return 0;
  }

  /** Some writers fill the last block with zeros; anything else after the data set is an error. */
  #takePadding(bytes: Uint8Array, from: number): number {
    const rest = bytes.subarray(from);
    if (rest.some((byte) => byte !== 0)) {
      throw badFile(this.#at, "bytes follow the end of the data set");
    }
    this.#at += rest.length;
    return rest.length;
  }

  #depth(): number {
    return this.#stack.length >> 1;
  }

  #open(container: Container): void {
    if (this.#depth() >= MAXIMUM_DEPTH) {
      throw badFile(this.#at, `sequences are nested more than ${MAXIMUM_DEPTH} deep`);
    }
    this.#stack.push(container);
  }

  /** Refuses a value that ends after the item or sequence that holds it. */
  #checkFits(start: number, length: number): void {
    const container = this.#stack.at(-1);
    if (container && start + length > container.end) {
      throw badFile(start, `${length} bytes exceed the enclosing ${container.kind}`);
    }
    if (start + length > this.#size) {
      throw badFile(start, `a value of ${length} bytes exceeds the ${this.#size} bytes present`);
    }
  }

  /** Closes the containers of defined length that end here. */
  #closeFinished(): void {
    while (this.#stack.length > 0) {
      const { end, kind } = this.#stack.at(-1)!;
      if (this.#at < end) return;
      if (this.#at > end) throw badFile(this.#at, `an element exceeds the enclosing ${kind}`);
      this.#close();
    }
  }

  #close(): void {
    const { kind } = this.#stack.pop()!;
    if (kind === "item") this.#sink.endItem();
    else if (kind === "sequence") this.#sink.endSequence();
    else this.#sink.endFragments();
  }
}

/** PS3.5 Section 7.5: what ends a container of undefined length. */
const DELIMITER: Readonly<Record<ContainerKind, Tag>> = {
  sequence: TAG.sequenceDelimitation,
  item: TAG.itemDelimitation,
  fragments: TAG.sequenceDelimitation,
};

const EMPTY = new Uint8Array(0);

function isDelimiter(tag: Tag): boolean {
  return tag === TAG.itemDelimitation || tag === TAG.sequenceDelimitation;
}

/** Whether two letters stand where explicit VR has them; some writers slip implicit elements in. */
export function hasVr(bytes: Uint8Array, at: number): boolean {
  return isUpperCase(bytes[at + 4]!) && isUpperCase(bytes[at + 5]!);
}

function isUpperCase(byte: number): boolean {
  return byte >= 0x41 && byte <= 0x5a;
}

function badFile(offset: number, fact: string): DicomError {
  return new DicomError("bad-file", `Cannot read data set at offset ${offset}: ${fact}`);
}
