import { DicomError } from "../errors.ts";
import { dictionaryVr } from "./decode.ts";
import type { ElementHeader } from "./element_header.ts";
import { DataSetScanner, type ScanSink } from "./scanner.ts";
import { elementOf, type Tag } from "./tag.ts";
import type { DataSetEncoding } from "./transfer_syntax.ts";

/** A whole element with its header, in the encoding of the data set; `undefined` leaves the element out. */
export type Replacement = Uint8Array | AsyncIterable<Uint8Array> | undefined;

/** How to change a data set. */
export interface SpliceOptions {
  readonly encoding: DataSetEncoding;
  /** What stands in place of elements of the data set itself, or is added to it. */
  readonly replacements: ReadonlyMap<Tag, Replacement>;
}

/** The longest header, with what the scanner looks at behind it. */
const LONGEST_HEADER = 16;

/**
 * A data set that comes in pieces, with some elements replaced, added or left out; every other byte stays. Group
 * lengths are left out, as they would be wrong. Memory does not grow with the values.
 *
 * @throws DicomError `bad-file` if the data set is damaged
 */
export async function* spliceDataSet(
  pieces: AsyncIterable<Uint8Array>,
  { encoding, replacements }: SpliceOptions,
): AsyncGenerator<Uint8Array> {
  const sink = new BoundarySink();
  const scanner = new DataSetScanner({ encoding, sink, vrOfTag: dictionaryVr });
  const splicer = new Splicer(replacements);
  let held: Uint8Array = new Uint8Array(0);
  for await (const piece of pieces) {
    scan(scanner, piece);
    const bytes = joined(held, piece);
    const safe = scanner.skippable > 0 ? bytes.length : Math.max(0, bytes.length - LONGEST_HEADER);
    yield* splicer.pass(bytes.subarray(0, safe), sink.boundaries);
    held = bytes.slice(safe);
  }
  scanner.end();
  yield* splicer.pass(held, sink.boundaries);
  yield* splicer.end();
}

function scan(scanner: DataSetScanner, piece: Uint8Array): void {
  const skipped = Math.min(scanner.skippable, piece.length);
  if (skipped > 0) scanner.skip(skipped);
  if (skipped < piece.length) scanner.push(piece.subarray(skipped));
}

function joined(held: Uint8Array, piece: Uint8Array): Uint8Array {
  if (held.length === 0) return piece;
  const bytes = new Uint8Array(held.length + piece.length);
  bytes.set(held);
  bytes.set(piece, held.length);
  return bytes;
}

/** Where an element of the data set itself starts. */
interface Boundary {
  readonly at: number;
  readonly tag: Tag;
}

/** Notes where elements start. */
class BoundarySink implements ScanSink {
  /** Those that nobody has taken yet, in file order. */
  readonly boundaries: Boundary[] = [];

  element(header: ElementHeader): boolean {
    this.#note(header);
    return false;
  }

  value(): void {
    throw new DicomError("internal", "Cannot splice data set: a value was collected");
  }

  startSequence(header: ElementHeader): void {
    this.#note(header);
  }

  startItem(): void {}
  endItem(): void {}
  endSequence(): void {}

  startFragments(header: ElementHeader): void {
    this.#note(header);
  }

  fragment(): boolean {
    return false;
  }

  endFragments(): void {}

  #note({ depth, offset, tag }: ElementHeader): void {
    if (depth === 0) this.boundaries.push({ at: offset, tag });
  }
}

/** Cuts bytes at the boundaries and puts the replacements in between. */
class Splicer {
  /** What has not been written, by tag. */
  readonly #waiting: [Tag, Replacement][];
  readonly #replaced: ReadonlySet<Tag>;
  #at = 0;
  #isKept = true;

  constructor(replacements: ReadonlyMap<Tag, Replacement>) {
    this.#replaced = new Set(replacements.keys());
    this.#waiting = [...replacements].sort(([a], [b]) => a - b);
  }

  /** @param boundaries those within `bytes` are taken out */
  async *pass(bytes: Uint8Array, boundaries: Boundary[]): AsyncGenerator<Uint8Array> {
    const end = this.#at + bytes.length;
    let from = this.#at;
    while (boundaries.length > 0 && boundaries[0]!.at < end) {
      const { at, tag } = boundaries.shift()!;
      if (this.#isKept && at > from) yield bytes.subarray(from - this.#at, at - this.#at);
      from = at;
      yield* this.#writeUntil(tag);
      this.#isKept = !this.#replaced.has(tag) && elementOf(tag) !== 0;
    }
    if (this.#isKept && end > from) yield bytes.subarray(from - this.#at);
    this.#at = end;
  }

  async *end(): AsyncGenerator<Uint8Array> {
    yield* this.#writeUntil(Infinity);
  }

  async *#writeUntil(last: number): AsyncGenerator<Uint8Array> {
    while (this.#waiting.length > 0 && this.#waiting[0]![0] <= last) {
      const [, replacement] = this.#waiting.shift()!;
      if (replacement instanceof Uint8Array) yield replacement;
      else if (replacement) yield* replacement;
    }
  }
}
