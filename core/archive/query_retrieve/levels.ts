import { type DataSet, trimPadding } from "../../dicom/data_set.ts";
import { TAG, type Tag } from "../../dicom/tag.ts";
import { valueText } from "../../dicom/values.ts";
import { DicomError } from "../../errors.ts";
import { depthOf, type Level, LEVELS } from "../resource.ts";

/** Values of Query/Retrieve Level (0008,0052) (PS3.4 Section C.6). */
export const LEVEL_NAMES = {
  Patient: "PATIENT",
  Study: "STUDY",
  Series: "SERIES",
  Instance: "IMAGE",
} as const satisfies Record<Level, string>;

/** The unique key of each level (PS3.4 Section C.6.1.1). */
export const UNIQUE_KEYS = {
  Patient: TAG.patientId,
  Study: TAG.studyInstanceUid,
  Series: TAG.seriesInstanceUid,
  Instance: TAG.sopInstanceUid,
} as const satisfies Record<Level, Tag>;

/** What every answer of a level has, asked for or not (as Orthanc). */
export function identifyingTags(level: Level): Tag[] {
  const unique = LEVELS.slice(0, depthOf(level) + 1).map((above) => UNIQUE_KEYS[above]);
  return level === "Patient" ? unique : [...unique, TAG.accessionNumber];
}

/**
 * The level that an identifier names; undefined if it names none.
 *
 * @throws DicomError `bad-request` for a name that is none of the four
 */
export function levelOf(identifier: DataSet): Level | undefined {
  const name = textOf(identifier, TAG.queryRetrieveLevel)?.toUpperCase();
  if (name === undefined || name === "") return undefined;
  const level = LEVELS.find((candidate) => LEVEL_NAMES[candidate] === name);
  if (level) return level;
  const fact = "Query/Retrieve Level (0008,0052) is none of PATIENT, STUDY, SERIES, IMAGE";
  throw new DicomError("bad-request", `Cannot query: ${fact}`);
}

/** The text of an attribute of an identifier, without outer spaces. */
export function textOf(identifier: DataSet, tag: Tag): string | undefined {
  const element = identifier.get(tag);
  const text = element && valueText(element, identifier);
  return text === undefined ? undefined : trimPadding(text).trim();
}
