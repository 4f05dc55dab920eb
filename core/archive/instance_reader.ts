import { swapUnits } from "../bytes/swap.ts";
import type { CharacterSets } from "../dicom/charset.ts";
import { type DataElement, DataSet, DataSetBuilder } from "../dicom/data_set.ts";
import { decodeFile, readFully, readRange, readValue } from "../dicom/decode.ts";
import { parseTagOrName } from "../dicom/dictionary.ts";
import { MAXIMUM_META_SIZE, readFileMeta } from "../dicom/part10.ts";
import type { ElementHeader } from "../dicom/element_header.ts";
import { formatTag, TAG, type Tag } from "../dicom/tag.ts";
import { EXPLICIT_LITTLE_ENDIAN } from "../dicom/transfer_syntax.ts";
import { hasText } from "../dicom/values.ts";
import { vrInfo } from "../dicom/vr.ts";
import { DicomError } from "../errors.ts";
import type { FileStore, OpenFile } from "../ports.ts";

/** Values longer than this are not loaded to show them, in bytes. */
const SHOWN_LENGTH = 4096;
/** Nor are those whose length is to be ignored, beyond this. */
const LONGEST_LENGTH = 16777216;

/** What a path into an instance leads to. */
export type Content =
  | { readonly kind: "list"; readonly names: readonly string[] }
  | { readonly kind: "bytes"; readonly length: number; readonly bytes: AsyncIterable<Uint8Array> };

/** Which part of a data set to read. */
export interface ReadOptions {
  /** Also what follows Pixel Data. */
  readonly whole?: boolean;
  /** Whether long texts are wanted too. */
  readonly longTexts?: boolean;
  /** Which elements; all by default. */
  readonly keep?: (header: ElementHeader) => boolean;
}

/** Options of reading, from the configuration. */
export interface ReaderOptions {
  readonly defaultSets: CharacterSets;
  readonly maximumInflated: number;
}

/** Reads what files of the archive hold. */
export type InstanceReader = ReturnType<typeof createInstanceReader>;

/** Makes the functions that read single instances; all take the UUID of the file. */
export function createInstanceReader(files: FileStore, options: ReaderOptions) {
  const { defaultSets, maximumInflated } = options;

  /** The data set of an open file. */
  async function read(file: OpenFile, { whole, longTexts, keep }: ReadOptions) {
    let builder: DataSetBuilder | undefined;
    const { meta, stopped } = await decodeFile(file, {
      sink: ({ encoding }) =>
        builder = new DataSetBuilder(encoding, {
          defaultSets,
          maximumLength: longTexts ? LONGEST_LENGTH : SHOWN_LENGTH,
          ...(keep && { keep }),
        }),
      ...(!whole && { stopBefore: (tag: Tag) => tag === TAG.pixelData }),
      maximumInflated,
    });
    const dataSet = builder!.root;
    if (stopped) dataSet.add(UNREAD_PIXEL_DATA);
    return { meta, dataSet };
  }

  return {
    /**
     * The data set of a file. Pixel Data is there without its value, and what follows it only if `whole`.
     *
     * @throws DicomError `missing-file`, `bad-file`
     */
    async dataSet(uuid: string, readOptions: ReadOptions = {}): Promise<DataSet> {
      await using file = await files.open(uuid);
      return (await read(file, readOptions)).dataSet;
    },

    /** The texts of the file meta information as a data set. */
    async header(uuid: string): Promise<DataSet> {
      await using file = await files.open(uuid);
      const head = await readFully(file, 0, Math.min(file.size, MAXIMUM_META_SIZE));
      const meta = readFileMeta(head);
      const dataSet = new DataSet(EXPLICIT_LITTLE_ENDIAN, () => defaultSets);
      for (const { tag, vr, bytes } of meta.elements) {
        if (!hasText(vr)) continue;
        const { length } = bytes;
        dataSet.add({ tag, vr, bytes, length, offset: 0, valueOffset: 0 });
      }
      return dataSet;
    },

    /**
     * What stands at `path`: tags (or names) and numbers of items in turn. Undefined if nothing does. Numbers
     * are little endian whatever the file (as Orthanc has them).
     *
     * @throws DicomError `unknown-tag`
     */
    async content(uuid: string, path: readonly string[]): Promise<Content | undefined> {
      const tags = path.filter((_, index) => index % 2 === 0).map(tagOf);
      await using stack = new AsyncDisposableStack();
      const file = stack.use(await files.open(uuid));
      const { meta, dataSet } = await read(file, {
        whole: true,
        keep: ({ tag, depth }) => tags.length === 0 || depth > 0 || tag === tags[0],
      });
      const found = follow(dataSet, path, tags);
      if (found?.kind !== "value") return found;
      const { length, unit } = found;
      const stored = readValue(file, { meta, ...found });
      const bytes = unit === 1 ? stored : swapUnits(stored, unit);
      return { kind: "bytes", length, bytes: closing(bytes, stack.move()) };
    },

    /** All bytes of a file. */
    async bytes(uuid: string): Promise<{ length: number; bytes: AsyncIterable<Uint8Array> }> {
      await using stack = new AsyncDisposableStack();
      const file = stack.use(await files.open(uuid));
      const open = stack.move();
      return { length: file.size, bytes: closing(readRange(file, 0, file.size), open) };
    },
  };
}

/** Stands for Pixel Data where reading stopped in front of it. */
const UNREAD_PIXEL_DATA: DataElement = {
  tag: TAG.pixelData,
  vr: "OW",
  offset: 0,
  valueOffset: 0,
  length: 0,
};

type Place =
  | { readonly kind: "list"; readonly names: readonly string[] }
  | {
    readonly kind: "value";
    readonly offset: number;
    readonly length: number;
    /** Bytes of the numbers whose order is to be turned; 1 for none. */
    readonly unit: number;
  };

/** Goes down `path` from `dataSet`. */
function follow(
  dataSet: DataSet,
  path: readonly string[],
  tags: readonly Tag[],
): Place | undefined {
  let place: DataSet = dataSet;
  for (let step = 0; step < path.length; step += 2) {
    const element = place.get(tags[step / 2]!);
    if (!element) return undefined;
    const last = step === path.length - 1;
    if (last) return describe(element, place);
    const index = path[step + 1]!;
    if (!/^\d{1,9}$/.test(index)) return undefined;
    if (!element.items) {
      return step === path.length - 2 ? part(element, Number(index), place) : undefined;
    }
    const item = element.items[Number(index)];
    if (!item) return undefined;
    place = item;
  }
  return { kind: "list", names: place.elements.map(({ tag }) => formatTag(tag, "-")) };
}

/** A sequence or Pixel Data is a list of numbers, everything else a value. */
function describe(element: DataElement, place: DataSet): Place {
  const numbers = (count: number): Place => ({
    kind: "list",
    names: Array.from({ length: count }, (_, index) => String(index)),
  });
  if (element.items) return numbers(element.items.length);
  if (element.fragments) return numbers(element.fragments.length);
  if (element.tag === TAG.pixelData) return numbers(1);
  return wholeValue(element, place);
}

/** A fragment of Pixel Data, or all of it when it is not encapsulated. */
function part(element: DataElement, index: number, place: DataSet): Place | undefined {
  if (element.tag !== TAG.pixelData) return undefined;
  if (!element.fragments) return index === 0 ? wholeValue(element, place) : undefined;
  const fragment = element.fragments[index];
  return fragment && { kind: "value", ...fragment, unit: 1 };
}

function wholeValue({ vr, valueOffset, length }: DataElement, { encoding }: DataSet): Place {
  const unit = encoding.littleEndian ? 1 : vrInfo(vr).unit;
  return { kind: "value", offset: valueOffset, length, unit };
}

function tagOf(text: string): Tag {
  const tag = parseTagOrName(text);
  if (tag === undefined) throw new DicomError("unknown-tag", "Cannot read content: unknown tag");
  return tag;
}

/** `bytes`, with `resource` closed when they have been read or are not wanted any more. */
async function* closing(bytes: AsyncIterable<Uint8Array>, resource: AsyncDisposable) {
  await using _ = resource;
  yield* bytes;
}
