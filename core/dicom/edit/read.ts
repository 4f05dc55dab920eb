import type { ByteSource } from "../../bytes/source.ts";
import type { CharacterSets } from "../charset.ts";
import { DataSetBuilder } from "../data_set.ts";
import { decodeFile } from "../decode.ts";
import { type ElementHeader, UNDEFINED_LENGTH } from "../element_header.ts";
import type { FileMeta } from "../part10.ts";
import type { ScanSink } from "../scanner.ts";
import type { DataSetEncoding } from "../transfer_syntax.ts";
import { EditedDataSet } from "./data_set.ts";

/** Longer values stay in the file, in bytes. */
const LOADED_LENGTH = 4096;

/** How to read a file that is to be edited. */
export interface EditOptions {
  /** Character sets where the data set declares none (option `DefaultEncoding`). */
  readonly defaultSets: CharacterSets;
  /** Most bytes that a deflated data set may inflate to. */
  readonly maximumInflated: number;
}

/** A file that is being edited; the source must stay open until the result is written. */
export interface EditedFile {
  readonly source: ByteSource;
  readonly meta: FileMeta;
  readonly root: EditedDataSet;
  /** Where elements of the data set itself end, by where they start. */
  readonly ends: ReadonlyMap<number, number>;
}

/**
 * Reads a file to edit it. Long values and Pixel Data are not loaded.
 *
 * @throws DicomError `bad-file` if it is damaged
 */
export async function readForEdit(source: ByteSource, options: EditOptions): Promise<EditedFile> {
  let sink: OutlineSink | undefined;
  const { meta } = await decodeFile(source, {
    sink: ({ encoding }) => sink = new OutlineSink(encoding, options.defaultSets),
    maximumInflated: options.maximumInflated,
  });
  const { root, ends } = sink!.finish();
  return { source, meta, root: new EditedDataSet(root), ends };
}

/** Builds the data set, and notes where its elements end. */
class OutlineSink implements ScanSink {
  readonly #builder: DataSetBuilder;
  readonly #headers: ElementHeader[] = [];

  constructor(encoding: DataSetEncoding, defaultSets: CharacterSets) {
    this.#builder = new DataSetBuilder(encoding, { defaultSets, maximumLength: LOADED_LENGTH });
  }

  finish() {
    const ends = new Map<number, number>();
    this.#headers.forEach((header, index) => {
      const end = endOf(header) ?? this.#headers[index + 1]?.offset;
      if (end !== undefined) ends.set(header.offset, end);
    });
    return { root: this.#builder.root, ends };
  }

  element(header: ElementHeader): boolean {
    this.#note(header);
    return this.#builder.element(header);
  }

  value(bytes: Uint8Array): void {
    this.#builder.value(bytes);
  }

  startSequence(header: ElementHeader): void {
    this.#note(header);
    this.#builder.startSequence(header);
  }

  startItem(encoding: DataSetEncoding): void {
    this.#builder.startItem(encoding);
  }

  endItem(): void {
    this.#builder.endItem();
  }

  endSequence(): void {
    this.#builder.endSequence();
  }

  startFragments(header: ElementHeader): void {
    this.#note(header);
    this.#builder.startFragments(header);
  }

  fragment(offset: number, length: number): boolean {
    return this.#builder.fragment(offset, length);
  }

  endFragments(): void {
    this.#builder.endFragments();
  }

  #note(header: ElementHeader): void {
    if (header.depth === 0) this.#headers.push(header);
  }
}

/** Where an element ends that has a length. */
function endOf({ valueOffset, length }: ElementHeader): number | undefined {
  return length === UNDEFINED_LENGTH ? undefined : valueOffset + length;
}
