import type { DataElement, DataSet } from "../../dicom/data_set.ts";
import { encodeDataSet, withCharacterSet } from "../../dicom/encode.ts";
import { findByTag } from "../../dicom/dictionary.ts";
import type { NewDataSet, NewElement } from "../../dicom/new_data_set.ts";
import { TAG, type Tag } from "../../dicom/tag.ts";
import { EXPLICIT_LITTLE_ENDIAN } from "../../dicom/transfer_syntax.ts";
import { hasText, valueText } from "../../dicom/values.ts";
import { writeU32 } from "../../bytes/numbers.ts";

/** A directory record (PS3.3 Table F.3-3) with those below it. */
export interface DirectoryRecord {
  /** Item of the sequence, with its tag and length. */
  readonly bytes: Uint8Array;
  readonly children: DirectoryRecord[];
}

/** Tag and length of an item, the same of an element with UL, and that element's value: the next record's offset. */
const ITEM_HEADER = 8;
const UL_HEADER = 8;
const NEXT_AT = ITEM_HEADER + UL_HEADER;
/** Behind it Record In-use Flag, of which 10 bytes, then Offset of Referenced Lower-Level Directory Entity. */
const LOWER_AT = NEXT_AT + 4 + 10 + UL_HEADER;
const IN_USE = "65535";

/** A record of this type whose offsets are still open. */
export function makeRecord(
  type: string,
  elements: NewDataSet,
  characterSet: string,
): DirectoryRecord {
  const text = withCharacterSet(elements, characterSet);
  const value = encodeDataSet([
    { tag: 0x00041400, vr: "UL", value: "0" },
    { tag: 0x00041410, vr: "US", value: IN_USE },
    { tag: 0x00041420, vr: "UL", value: "0" },
    { tag: 0x00041430, vr: "CS", value: type },
    ...text.elements,
  ], { encoding: EXPLICIT_LITTLE_ENDIAN, characterSet: text.characterSet });
  const bytes = new Uint8Array(ITEM_HEADER + value.length);
  writeU32(bytes, 0, { value: 0xe000fffe, littleEndian: true });
  writeU32(bytes, 4, { value: value.length, littleEndian: true });
  bytes.set(value, ITEM_HEADER);
  return { bytes, children: [] };
}

/** Fills in where the next record on the same level and the first one below are; 0 for none. */
export function linkRecord({ bytes }: DirectoryRecord, next: number, lower: number): void {
  writeU32(bytes, NEXT_AT, { value: next, littleEndian: true });
  writeU32(bytes, LOWER_AT, { value: lower, littleEndian: true });
}

/** A key of a record as the instance has it; without a value if it has none. */
export function copyElement(dataSet: DataSet, tag: Tag): NewElement {
  const element = dataSet.get(tag);
  return element ? copied(element, dataSet) : { tag, vr: findByTag(tag)?.vr ?? "LO", value: "" };
}

/** The keys that the instance has a value for. */
export function copyPresent(dataSet: DataSet, tags: readonly Tag[]): NewElement[] {
  return tags.filter((tag) => (dataSet.get(tag)?.length ?? 0) > 0)
    .map((tag) => copyElement(dataSet, tag));
}

/** The Specific Character Set that the instance declares; empty for none. */
export function characterSetOf(dataSet: DataSet): string {
  return textOf(dataSet, TAG.specificCharacterSet);
}

/** The value as text; empty if there is none. */
export function textOf(dataSet: DataSet, tag: Tag): string {
  const element = dataSet.get(tag);
  return element && !element.items ? valueText(element, dataSet) ?? "" : "";
}

function copied(element: DataElement, dataSet: DataSet): NewElement {
  const { tag, vr, items } = element;
  if (items) {
    return {
      tag,
      vr,
      value: items.map((item) => item.elements.map((inner) => copied(inner, item))),
    };
  }
  // What is no text is of VRs that no key has, but for those of a careless writer.
  return { tag, vr, value: hasText(vr) ? valueText(element, dataSet) ?? "" : "" };
}
