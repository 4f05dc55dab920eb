import { LEVEL_NAMES } from "../archive/query_retrieve/levels.ts";
import type { Level } from "../archive/resource.ts";
import type { DataSet } from "../dicom/data_set.ts";
import { formatTag, TAG, type Tag } from "../dicom/tag.ts";
import { valueText } from "../dicom/values.ts";

/** What tells resources apart; Orthanc sends all that it knows of them. */
const KEYS: readonly Tag[] = [
  TAG.accessionNumber,
  TAG.patientId,
  TAG.studyInstanceUid,
  TAG.seriesInstanceUid,
  TAG.sopInstanceUid,
];

/** The identifier of a C-MOVE or C-GET of `level`, as texts by tag; of `values` only what tells resources apart. */
export function retrieveKeys(
  level: Level,
  values: ReadonlyMap<Tag, string>,
): Readonly<Record<string, string>> {
  const known = KEYS.filter((tag) => values.has(tag));
  const entries = known.map((tag) => [formatTag(tag), values.get(tag)!]);
  return Object.fromEntries([...entries, [formatTag(TAG.queryRetrieveLevel), LEVEL_NAMES[level]]]);
}

/** The texts of what tells the resource of an answer apart. */
export function keysOf(answer: DataSet): ReadonlyMap<Tag, string> {
  const values = new Map<Tag, string>();
  for (const tag of KEYS) {
    const element = answer.get(tag);
    const text = element && valueText(element, answer);
    if (text !== undefined) values.set(tag, text);
  }
  return values;
}
