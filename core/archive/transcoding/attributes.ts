import type { DataSet } from "../../dicom/data_set.ts";
import { encodeDataSet } from "../../dicom/encode.ts";
import type { NewElement } from "../../dicom/new_data_set.ts";
import type { Replacement } from "../../dicom/splice.ts";
import { TAG, type Tag } from "../../dicom/tag.ts";
import { EXPLICIT_LITTLE_ENDIAN } from "../../dicom/transfer_syntax.ts";
import { valueText } from "../../dicom/values.ts";
import { lossyMethod } from "../../image/codecs.ts";
import type { PixelDescription } from "../../image/pixels.ts";
import { IMAGE_TAG } from "../../image/tags.ts";

const IMAGE_TYPE = 0x00080008;
const LOSSY = 0x00282110;
const LOSSY_RATIO = 0x00282112;
const LOSSY_METHOD = 0x00282114;

/** Attributes that `changedAttributes()` reads. */
export const READ_ATTRIBUTES: readonly Tag[] = [
  IMAGE_TYPE,
  TAG.sopClassUid,
  TAG.sopInstanceUid,
  LOSSY_RATIO,
  LOSSY_METHOD,
];

/** Offsets of frames, which are elsewhere afterwards. */
const OFFSETS: readonly Tag[] = [
  IMAGE_TAG.extendedOffsetTable,
  IMAGE_TAG.extendedOffsetTableLengths,
];

/** What became of pixels. */
export interface PixelChange {
  readonly before: PixelDescription;
  readonly after: PixelDescription;
  /** How many times smaller the pixels are, about. */
  readonly ratio: number;
  /** Of what is another image because of its loss; undefined if it is the same. */
  readonly newSopInstanceUid: string | undefined;
}

/** Elements that say of the pixels what they are now, in Explicit VR Little Endian (PS3.3 Sections C.7.6.3, C.7.6.1.1.5). */
export function changedAttributes(dataSet: DataSet, change: PixelChange): Map<Tag, Replacement> {
  const elements = [...described(change), ...lossy(dataSet, change)];
  return new Map<Tag, Replacement>([
    ...OFFSETS.map((tag) => [tag, undefined] as const),
    ...elements.map((element) => [element.tag, encoded(element)] as const),
  ]);
}

function described({ before, after }: PixelChange): NewElement[] {
  const rows = [
    { tag: IMAGE_TAG.photometricInterpretation, vr: "CS", field: "photometric" },
    { tag: IMAGE_TAG.planarConfiguration, vr: "US", field: "planarConfiguration" },
    { tag: IMAGE_TAG.bitsAllocated, vr: "US", field: "bitsAllocated" },
  ] as const;
  return rows.filter(({ field }) => before[field] !== after[field])
    .map(({ tag, vr, field }) => ({ tag, vr, value: String(after[field]) }));
}

function lossy(dataSet: DataSet, { after, ratio, newSopInstanceUid }: PixelChange): NewElement[] {
  const method = lossyMethod(after.transferSyntaxUid);
  if (method === undefined || newSopInstanceUid === undefined) return [];
  const add = (tag: Tag, value: string) => [textOf(dataSet, tag), value].filter(Boolean).join("\\");
  const [, ...rest] = (textOf(dataSet, IMAGE_TYPE) || "ORIGINAL\\PRIMARY").split("\\");
  return [
    { tag: IMAGE_TYPE, vr: "CS", value: ["DERIVED", ...rest].join("\\") },
    { tag: TAG.sopInstanceUid, vr: "UI", value: newSopInstanceUid },
    { tag: LOSSY, vr: "CS", value: "01" },
    { tag: LOSSY_RATIO, vr: "DS", value: add(LOSSY_RATIO, ratio.toFixed(3)) },
    { tag: LOSSY_METHOD, vr: "CS", value: add(LOSSY_METHOD, method) },
  ];
}

/** The text of an element, empty if there is none. */
export function textOf(dataSet: DataSet, tag: Tag): string {
  const element = dataSet.get(tag);
  return (element && valueText(element, dataSet)) ?? "";
}

function encoded(element: NewElement): Uint8Array {
  return encodeDataSet([element], { encoding: EXPLICIT_LITTLE_ENDIAN });
}
