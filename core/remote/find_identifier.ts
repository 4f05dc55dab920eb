import { LEVEL_NAMES, UNIQUE_KEYS } from "../archive/query_retrieve/levels.ts";
import { depthOf, type Level, LEVELS } from "../archive/resource.ts";
import type { Modality } from "../config/modality.ts";
import { findByTag } from "../dicom/dictionary.ts";
import { newTextElement } from "../dicom/json/new_data_set.ts";
import { type ModuleName, MODULES } from "../dicom/modules.ts";
import type { NewDataSet } from "../dicom/new_data_set.ts";
import { TAG, type Tag } from "../dicom/tag.ts";

/** What to ask a remote for. */
export interface FindQuery {
  readonly level: Level;
  /** Texts by tag. */
  readonly keys: ReadonlyMap<Tag, string>;
  /** Whether to leave out what does not belong to the level. */
  readonly normalize: boolean;
}

/**
 * The identifier of a C-FIND (PS3.4 Section C.4.1.1.3), with the unique keys of the level and what the manufacturer
 * needs (as Orthanc).
 */
export function findIdentifier(
  { level, keys, normalize }: FindQuery,
  manufacturer: Modality["manufacturer"],
): NewDataSet {
  const allowed = allowedTags(level);
  const quirk = QUIRKS[manufacturer];
  const values = new Map<Tag, string>([[TAG.queryRetrieveLevel, LEVEL_NAMES[level]]]);
  for (const tag of expectedTags(level)) values.set(tag, quirk.universal);
  for (const [tag, value] of keys) {
    if (tag === TAG.queryRetrieveLevel || normalize && !allowed.has(tag)) continue;
    values.set(tag, quirk.value(tag, value));
  }
  return [...values].map(([tag, value]) => newTextElement(tag, value));
}

/** How manufacturers differ. */
interface Quirk {
  /** What matches everything. */
  readonly universal: string;
  /** What to send for a value. */
  value(tag: Tag, value: string): string;
}

const NO_QUIRK: Quirk = { universal: "", value: (_tag, value) => value };

const QUIRKS: Readonly<Record<Modality["manufacturer"], Quirk>> = {
  Generic: NO_QUIRK,
  Vitrea: NO_QUIRK,
  GE: { ...NO_QUIRK, universal: "*" },
  GenericNoWildcardInDates: {
    ...NO_QUIRK,
    value: (tag, value) => value === "*" && findByTag(tag)?.vr === "DA" ? "" : value,
  },
  GenericNoUniversalWildcard: { ...NO_QUIRK, value: (_tag, value) => value === "*" ? "" : value },
};

const MODULE_OF = {
  Patient: "patient",
  Study: "study",
  Series: "series",
  Instance: "instance",
} as const satisfies Record<Level, ModuleName>;

/** What each level may be asked beyond its modules (PS3.4 Section C.3.4). */
const COUNTED: Readonly<Record<Level, readonly Tag[]>> = {
  Patient: [
    TAG.numberOfPatientRelatedStudies,
    TAG.numberOfPatientRelatedSeries,
    TAG.numberOfPatientRelatedInstances,
  ],
  Study: [
    TAG.modalitiesInStudy,
    TAG.sopClassesInStudy,
    TAG.numberOfStudyRelatedSeries,
    TAG.numberOfStudyRelatedInstances,
  ],
  Series: [TAG.numberOfSeriesRelatedInstances],
  Instance: [],
};

function allowedTags(level: Level): ReadonlySet<Tag> {
  const levels = LEVELS.slice(0, depthOf(level) + 1);
  const modules = levels.flatMap((above): readonly Tag[] => MODULES[MODULE_OF[above]]);
  return new Set([...modules, ...COUNTED[level], TAG.specificCharacterSet]);
}

/** What every query has: the unique keys of the level and those above, and from studies on the AccessionNumber. */
function expectedTags(level: Level): Tag[] {
  const unique = LEVELS.slice(0, depthOf(level) + 1).map((above) => UNIQUE_KEYS[above]);
  return level === "Patient" ? unique : [...unique, TAG.accessionNumber];
}
