import { DicomError } from "../errors.ts";
import { UNDEFINED_LENGTH } from "./element_header.ts";
import { TAG, type Tag } from "./tag.ts";
import type { DataSetEncoding } from "./transfer_syntax.ts";

/** Sequences deeper than this are refused: no real data set comes near it. */
export const MAXIMUM_DEPTH = 64;

/** What holds items, elements or fragments. */
export type ContainerKind = "sequence" | "item" | "fragments";

/** An open sequence, item or list of fragments. */
export interface Container {
  readonly kind: ContainerKind;
  /** Whether a delimiter ends it. */
  readonly delimited: boolean;
  /** Offset of its end; where that is not known, of the end of what holds it, or Infinity. */
  readonly end: number;
  /** Encoding of what it holds: UN of undefined length holds Implicit VR Little Endian. */
  readonly encoding: DataSetEncoding;
}

/** Is told what ends. */
export interface EndSink {
  endItem(): void;
  endSequence(): void;
  endFragments(): void;
}

/** PS3.5 Section 7.5: what ends a container of undefined length. */
export const DELIMITERS: Readonly<Record<ContainerKind, Tag>> = {
  sequence: TAG.sequenceDelimitation,
  item: TAG.itemDelimitation,
  fragments: TAG.sequenceDelimitation,
};

/** Whether `tag` ends an item or a sequence. */
export function isDelimiter(tag: Tag): boolean {
  return tag === TAG.itemDelimitation || tag === TAG.sequenceDelimitation;
}

/** The containers that are open at a place in a data set; no value may exceed them. */
export class ContainerStack {
  readonly #sink: EndSink;
  readonly #size: number;
  readonly #stack: Container[] = [];

  /** @param size bytes of the whole data set, or Infinity */
  constructor(sink: EndSink, size: number) {
    this.#sink = sink;
    this.#size = size;
  }

  /** The container that the next element belongs to; undefined for the data set itself. */
  get innermost(): Container | undefined {
    return this.#stack.at(-1);
  }

  /** How many sequences are open, each with an item. */
  get depth(): number {
    return this.#stack.length >> 1;
  }

  /**
   * Opens a container with `length` bytes (or `UNDEFINED_LENGTH`) from offset `at`.
   *
   * @throws DicomError `bad-file` if it does not fit, or is too deep
   */
  open(
    { kind, at, length, encoding }: Pick<Container, "kind" | "encoding"> & {
      readonly at: number;
      readonly length: number;
    },
  ): void {
    if (this.depth >= MAXIMUM_DEPTH) {
      throw badFile(at, `sequences are nested more than ${MAXIMUM_DEPTH} deep`);
    }
    const delimited = length === UNDEFINED_LENGTH;
    if (!delimited) this.checkFits(at, length);
    const end = delimited ? this.innermost?.end ?? Infinity : at + length;
    this.#stack.push({ kind, delimited, end, encoding });
  }

  /**
   * Refuses a value that ends after the container that holds it, or after the last byte.
   *
   * @throws DicomError `bad-file`
   */
  checkFits(at: number, length: number): void {
    const container = this.innermost;
    if (container && at + length > container.end) {
      throw badFile(at, `${length} bytes exceed the enclosing ${container.kind}`);
    }
    if (at + length > this.#size) {
      throw badFile(at, `a value of ${length} bytes exceeds the ${this.#size} bytes present`);
    }
  }

  /**
   * Closes the containers of defined length that end at offset `at`.
   *
   * @throws DicomError `bad-file` if one should have ended before, or lacks its delimiter
   */
  closeFinished(at: number): void {
    for (let last = this.innermost; last; last = this.innermost) {
      if (at < last.end) return;
      if (at > last.end) throw badFile(at, `an element exceeds the enclosing ${last.kind}`);
      if (last.delimited) throw badFile(at, `the end of the last ${last.kind} is missing`);
      this.close();
    }
  }

  /** Closes the innermost container. */
  close(): void {
    const kind = this.#stack.pop()?.kind;
    if (kind === "item") this.#sink.endItem();
    else if (kind === "sequence") this.#sink.endSequence();
    else if (kind === "fragments") this.#sink.endFragments();
  }
}

/** The failure of reading a data set that is damaged at `offset`. */
export function badFile(offset: number, fact: string): DicomError {
  return new DicomError("bad-file", `Cannot read data set at offset ${offset}: ${fact}`);
}
