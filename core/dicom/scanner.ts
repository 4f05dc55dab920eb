import { ByteCollector } from "../bytes/collector.ts";
import { readU32 } from "../bytes/numbers.ts";
import {
  badFile,
  type Container,
  ContainerStack,
  DELIMITERS,
  isDelimiter,
} from "./container_stack.ts";
import { type ElementHeader, readHeader, readTag, UNDEFINED_LENGTH } from "./element_header.ts";
import { formatTag, groupOf, TAG, type Tag } from "./tag.ts";
import type { DataSetEncoding } from "./transfer_syntax.ts";
import type { Vr } from "./vr.ts";

/** Receives the structure of a data set in file order. */
export interface ScanSink {
  /** A plain element. @returns whether its bytes are wanted. */
  element(header: ElementHeader): boolean;
  /** The bytes of the last element or fragment that was wanted; a view, to be copied if they are kept. */
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

/** What is written with VR UN: its value starts in `bytes` at `from`. */
interface UnknownValue {
  readonly length: number;
  readonly littleEndian: boolean;
  readonly bytes: Uint8Array;
  readonly from: number;
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
  readonly #stopBefore: ((tag: Tag) => boolean) | undefined;
  readonly #containers: ContainerStack;
  #at = 0;
  #skip = 0;
  #carry = EMPTY;
  #collecting: ByteCollector | undefined;
  #padding = false;

  /** Whether `stopBefore` was met: nothing more is read. */
  stopped = false;

  constructor({ encoding, sink, vrOfTag, stopBefore, size = Infinity }: ScanOptions) {
    this.#encoding = encoding;
    this.#sink = sink;
    this.#vrOfTag = vrOfTag;
    this.#containers = new ContainerStack(sink, size);
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
    const bytes = this.#withCarry(chunk);
    let from = 0;
    while (!this.stopped) {
      from = this.#takeValue(bytes, from);
      if (this.#skip > 0 || this.#collecting) return;
      this.#containers.closeFinished(this.#at);
      if (from === bytes.length) return;
      const length = this.#takeHeader(bytes, from);
      if (length === 0) {
        if (!this.stopped) this.#carry = new Uint8Array(bytes.subarray(from));
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
    const missing = this.#collecting?.missing ?? this.#skip;
    if (missing > 0) throw badFile(this.#at, `${missing} bytes of a value are missing`);
    if (this.#carry.some((byte) => byte !== 0)) {
      throw badFile(this.#at, "the last element is cut short");
    }
    this.#containers.closeFinished(this.#at);
    const open = this.#containers.innermost;
    if (open) throw badFile(this.#at, `the end of the last ${open.kind} is missing`);
  }

  /** `chunk` behind the incomplete header that the last one ended with. */
  #withCarry(chunk: Uint8Array): Uint8Array {
    if (this.#carry.length === 0) return chunk;
    const bytes = new Uint8Array(this.#carry.length + chunk.length);
    bytes.set(this.#carry);
    bytes.set(chunk, this.#carry.length);
    this.#carry = EMPTY;
    return bytes;
  }

  /** Consumes value bytes that are skipped or collected; returns where the next header starts. */
  #takeValue(bytes: Uint8Array, from: number): number {
    const collecting = this.#collecting;
    if (collecting) {
      const length = collecting.take(bytes.subarray(from));
      this.#at += length;
      if (collecting.missing === 0) {
        this.#collecting = undefined;
        this.#sink.value(collecting.bytes);
      }
      return from + length;
    }
    const length = Math.min(this.#skip, bytes.length - from);
    this.skip(length);
    return from + length;
  }

  /**
   * Reads the header at `from`, and its value too when it is wanted and present.
   *
   * @returns bytes consumed; 0 if the header is not complete
   */
  #takeHeader(bytes: Uint8Array, from: number): number {
    if (this.#padding) return this.#takePadding(bytes, from);
    if (bytes.length - from < 8) return 0;
    const container = this.#containers.innermost;
    const encoding = container?.encoding ?? this.#encoding;
    const tag = readTag(bytes, from, encoding.littleEndian);
    if (groupOf(tag) === 0xfffe || (container && container.kind !== "item")) {
      return this.#takeMarker(tag, readU32(bytes, from + 4, encoding.littleEndian), container);
    }
    if (!container && tag === 0 && this.#at > 0) {
      this.#padding = true;
      return this.#takePadding(bytes, from);
    }
    if (!container && this.#stopBefore?.(tag)) {
      this.stopped = true;
      return 0;
    }
    return this.#takeElement(tag, encoding, bytes, from);
  }

  /** Reads the element `tag` at `from`; returns bytes consumed, 0 if its header is not complete. */
  #takeElement(tag: Tag, encoding: DataSetEncoding, bytes: Uint8Array, from: number): number {
    const written = readHeader(bytes, from, encoding);
    if (!written) return 0;
    const vr = written.vr === "UN"
      ? this.#unknownVr(tag, { ...encoding, ...written, bytes, from: from + written.size })
      : written.vr ?? this.#vrOfTag(tag) ?? "UN";
    if (!vr) return 0;
    const header: ElementHeader = {
      tag,
      vr,
      length: written.length,
      offset: this.#at,
      valueOffset: this.#at + written.size,
      depth: this.#containers.depth,
    };
    this.#at += written.size;
    const content = written.vr === "UN" ? UNKNOWN_CONTENT : encoding;
    return written.size + this.#openElement(header, content, bytes, from + written.size);
  }

  /**
   * The dictionary's VR of what is written as UN, for it is Implicit VR Little Endian (PS3.5 Section 6.2.2,
   * Note 2); not in big endian, nor for a sequence that does not begin with an item.
   *
   * @returns undefined if too few bytes are there to tell
   */
  #unknownVr(tag: Tag, value: UnknownValue): Vr | undefined {
    const { length, littleEndian, bytes, from } = value;
    const vr = littleEndian ? this.#vrOfTag(tag) ?? "UN" : "UN";
    if (vr !== "SQ" || length === 0 || length === UNDEFINED_LENGTH) return vr;
    if (length < 8) return "UN";
    if (bytes.length < from + 4) return undefined;
    return readTag(bytes, from, true) === TAG.item ? "SQ" : "UN";
  }

  /** Acts on an element header; returns how many bytes of its value it consumed at once. */
  #openElement(
    header: ElementHeader,
    content: DataSetEncoding,
    bytes: Uint8Array,
    from: number,
  ): number {
    const { length, vr } = header;
    const fragments = length === UNDEFINED_LENGTH && (vr === "OB" || vr === "OW");
    if (fragments) {
      this.#containers.open({ kind: "fragments", at: this.#at, length, encoding: content });
      this.#sink.startFragments(header);
    } else if (vr === "SQ" || length === UNDEFINED_LENGTH) {
      this.#containers.open({ kind: "sequence", at: this.#at, length, encoding: content });
      this.#sink.startSequence(header);
    } else {
      this.#containers.checkFits(this.#at, length);
      return this.#openValue(this.#sink.element(header), length, bytes, from);
    }
    return 0;
  }

  /** Acts on an item or delimiter (PS3.5 Section 7.5). */
  #takeMarker(tag: Tag, length: number, container: Container | undefined): number {
    const offset = this.#at;
    this.#at += 8;
    if (tag === TAG.item && container?.kind === "sequence") {
      this.#containers.open({ kind: "item", at: this.#at, length, encoding: container.encoding });
      this.#sink.startItem(container.encoding);
    } else if (tag === TAG.item && container?.kind === "fragments") {
      if (length === UNDEFINED_LENGTH) throw badFile(offset, "a fragment has no length");
      this.#containers.checkFits(this.#at, length);
      this.#openValue(this.#sink.fragment(this.#at, length), length, EMPTY, 0);
    } else if (container?.delimited && tag === DELIMITERS[container.kind]) {
      this.#containers.close();
    } else if (!container || container.delimited || !isDelimiter(tag)) {
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
    this.#collecting = new ByteCollector(length);
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
}

const EMPTY = new Uint8Array(0);
