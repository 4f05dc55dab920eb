import type { ByteSource } from "../bytes/source.ts";
import type { CharacterSets } from "../dicom/charset.ts";
import { type DataElement, type DataSet, DataSetBuilder } from "../dicom/data_set.ts";
import { decodeFile } from "../dicom/decode.ts";
import { tagsJson } from "../dicom/json/tags.ts";
import type { FileMeta } from "../dicom/part10.ts";
import type { ElementHeader } from "../dicom/element_header.ts";
import { formatTag, TAG, type Tag, tagHex } from "../dicom/tag.ts";
import { valueText } from "../dicom/values.ts";
import { DicomError } from "../errors.ts";
import { type Identity, publicIds } from "./ids.ts";
import {
  expectedInstances,
  type Level,
  LEVELS,
  type MainTags,
  mainTagsSignature,
  METADATA,
  type Metadata,
} from "./resource.ts";

/** Longer values are left out of the index, in bytes. */
const MAXIMUM_MAIN_TAG = 4096;

/** What decides how an instance is read for the index. */
export interface ExtractOptions {
  readonly mainTags: Readonly<Record<Level, readonly Tag[]>>;
  readonly defaultSets: CharacterSets;
  /** Most bytes that a deflated data set may inflate to. */
  readonly maximumInflated: number;
}

/** What a file says about itself, ready for the index. */
export interface Extract {
  readonly identity: Identity;
  readonly ids: Readonly<Record<Level, string>>;
  readonly tags: Readonly<Record<Level, MainTags>>;
  readonly metadata: Readonly<Record<Level, Metadata>>;
  readonly expectedInstances: number | null;
  readonly indexInSeries: number | null;
}

/** Reads the few tags that the index needs, while checking the structure of the whole file. */
export function createExtract(options: ExtractOptions) {
  const wanted = wantedTags(options.mainTags);
  const keyed = mapLevels((level) =>
    options.mainTags[level].map((tag) => [tag, tagHex(tag)] as const)
  );
  const signatures = mapLevels((level) => mainTagsSignature(options.mainTags[level]));

  /**
   * @throws DicomError `bad-file` if `source` is not a whole DICOM file; `missing-tag` or `bad-request` if
   * one of the three UIDs is absent or empty
   */
  return async (source: ByteSource): Promise<Extract> => {
    let builder: DataSetBuilder | undefined;
    let pixelData: ElementHeader | undefined;
    const keep = (header: ElementHeader) => {
      if (header.depth > 0) return true; // inside a sequence that is kept
      if (header.tag === TAG.pixelData) pixelData = header;
      return wanted.has(header.tag);
    };
    const { defaultSets, maximumInflated } = options;
    const { meta } = await decodeFile(source, {
      sink: ({ encoding }) =>
        builder = new DataSetBuilder(encoding, {
          defaultSets,
          maximumLength: MAXIMUM_MAIN_TAG,
          keep,
        }),
      maximumInflated,
    });
    const { root } = builder!;
    const text = (tag: Tag) => textOf(root, tag);
    const identity = identityOf(text);
    const indexInSeries = integer(text(TAG.instanceNumber)) ?? integer(text(TAG.imageIndex)) ??
      null;
    return {
      identity,
      ids: publicIds(identity),
      tags: mapLevels((level) => mainTagsOf(root, keyed[level])),
      metadata: mapLevels((level) => ({
        [METADATA.MainDicomTagsSignature]: signatures[level],
        ...(level === "Instance" && instanceMetadata(meta, pixelData, text, indexInSeries)),
      })),
      expectedInstances: expectedInstances(text),
      indexInSeries,
    };
  };
}

function wantedTags(mainTags: ExtractOptions["mainTags"]): ReadonlySet<Tag> {
  return new Set([
    TAG.specificCharacterSet,
    TAG.sopClassUid,
    ...LEVELS.flatMap((level) => mainTags[level]),
  ]);
}

function textOf(dataSet: DataSet, tag: Tag): string | undefined {
  const element = dataSet.get(tag);
  return element && valueText(element, dataSet);
}

function identityOf(text: (tag: Tag) => string | undefined): Identity {
  const uid = (tag: Tag) => {
    const value = text(tag);
    if (value === undefined) {
      throw new DicomError("missing-tag", `Cannot store instance: ${formatTag(tag)} is missing`);
    }
    if (value.trim() === "") {
      throw new DicomError("bad-file", `Cannot store instance: ${formatTag(tag)} is empty`);
    }
    return value;
  };
  return {
    patientId: text(TAG.patientId) ?? "",
    studyInstanceUid: uid(TAG.studyInstanceUid),
    seriesInstanceUid: uid(TAG.seriesInstanceUid),
    sopInstanceUid: uid(TAG.sopInstanceUid),
  };
}

/** The main tags that are present; `tags` come with the keys that they have in the index. */
function mainTagsOf(dataSet: DataSet, tags: readonly (readonly [Tag, string])[]): MainTags {
  const present: { -readonly [key in keyof MainTags]: MainTags[key] } = {};
  for (const [tag, key] of tags) {
    const element = dataSet.get(tag);
    const value = element && mainTagOf(element, dataSet);
    if (value !== undefined) present[key] = value;
  }
  return present;
}

function mainTagOf(element: DataElement, dataSet: DataSet): MainTags[string] | undefined {
  return element.items
    ? element.items.map((item) => tagsJson(item, { dialect: "full" }))
    : valueText(element, dataSet);
}

function instanceMetadata(
  meta: FileMeta,
  pixelData: ElementHeader | undefined,
  text: (tag: Tag) => string | undefined,
  indexInSeries: number | null,
): Metadata {
  return {
    [METADATA.TransferSyntax]: meta.transferSyntaxUid,
    [METADATA.SopClassUid]: text(TAG.sopClassUid) ?? "",
    ...(indexInSeries !== null && { [METADATA.IndexInSeries]: String(indexInSeries) }),
    ...(pixelData && !meta.deflated && {
      [METADATA.PixelDataOffset]: String(meta.dataSetOffset + pixelData.offset),
      [METADATA.PixelDataVR]: pixelData.vr,
    }),
  };
}

function integer(text: string | undefined): number | undefined {
  return text !== undefined && /^\s*\+?\d{1,9}\s*$/.test(text) ? Number(text) : undefined;
}

function mapLevels<T>(value: (level: Level) => T): Readonly<Record<Level, T>> {
  return Object.fromEntries(LEVELS.map((level) => [level, value(level)])) as Record<Level, T>;
}
