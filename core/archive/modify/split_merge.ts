import { formatTag, TAG, type Tag } from "../../dicom/tag.ts";
import type { JsonValue } from "../../dicom/edit/new_value.ts";
import { parseTagPath } from "../../dicom/edit/path.ts";
import { tagName } from "../../dicom/dictionary.ts";
import type { DataSet } from "../../dicom/data_set.ts";
import { MODULES } from "../../dicom/modules.ts";
import { valueText } from "../../dicom/values.ts";
import { DicomError } from "../../errors.ts";
import type { Modification } from "./modification.ts";

/** What describes patient and study, and so may differ between two studies. */
const STUDY_TAGS: ReadonlySet<Tag> = new Set<Tag>([...MODULES.patient, ...MODULES.study]);

/** What clients say of a split. */
export interface SplitWishes {
  readonly replace: Readonly<Record<string, JsonValue>>;
  readonly remove: readonly string[];
}

/**
 * The modification that makes instances part of a new study.
 *
 * @throws DicomError `out-of-range` for attributes of series or instances, `unknown-tag`
 */
export function splitModification(
  { replace, remove }: SplitWishes,
  targetStudyUid: string,
): Modification {
  [...Object.keys(replace), ...remove].forEach(requireStudyTag);
  return studyModification({ ...replace, StudyInstanceUID: targetStudyUid }, remove);
}

/**
 * The modification that makes instances part of the study of another instance: patient and study become those of it.
 *
 * @param target its data set
 */
export function mergeModification(target: DataSet): Modification {
  const replace: Record<string, JsonValue> = {};
  for (const tag of STUDY_TAGS) {
    const element = target.get(tag);
    const text = element && valueText(element, target);
    if (text !== undefined) replace[formatTag(tag)] = text;
  }
  return studyModification(replace, [...STUDY_TAGS].map((tag) => formatTag(tag)));
}

function studyModification(
  replace: Modification["replace"],
  remove: readonly string[],
): Modification {
  return {
    kind: "modify",
    level: "Study",
    replace,
    remove,
    keep: [],
    removePrivateTags: false,
    privateCreator: "",
    profile: null,
  };
}

function requireStudyTag(path: string): void {
  const { steps, tag } = parseTagPath(path);
  const first = steps[0]?.tag ?? tag;
  if (STUDY_TAGS.has(first) && first !== TAG.studyInstanceUid) return;
  const fact = `${tagName(first)} (${formatTag(first)})`;
  throw new DicomError(
    "out-of-range",
    `Cannot modify the following tag while splitting a study (not in the patient/study modules): ${fact}`,
  );
}
