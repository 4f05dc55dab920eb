import { dateTimeRanges } from "../../dicom/key_matching.ts";
import { isFilter, type Key, type ValueKey } from "../../dicom/keys.ts";
import { widerPattern } from "../../dicom/person_name.ts";
import { TAG, type Tag } from "../../dicom/tag.ts";
import { DicomError } from "../../errors.ts";
import { everyResource, type MetadataCondition, type Query, type TagCondition } from "../query.ts";
import { COMPUTED_TAGS, isIndexed } from "../requested_tags.ts";
import { depthOf, type Level, LEVELS, METADATA } from "../resource.ts";

/** Conditions of one query that the index is asked about. */
const MAXIMUM_CONDITIONS = 200;

/** Attributes of instances that are kept as metadata. */
export const TAGS_IN_METADATA: ReadonlyMap<Tag, number> = new Map([
  [TAG.sopClassUid, METADATA.SopClassUid],
  [0x00083002, METADATA.TransferSyntax], // Available Transfer Syntax UID
]);

/** The main tags of each level. */
export type MainTagsByLevel = Readonly<Record<Level, readonly Tag[]>>;

/**
 * What the index can narrow a query of `level` down to; it finds all that match, and others beside them.
 *
 * @returns undefined if nothing can match: a key of a lower level asks for something (as Orthanc)
 * @throws DicomError `bad-request` for too many conditions
 */
export function planQuery(
  level: Level,
  keys: readonly Key[],
  mainTags: MainTagsByLevel,
): Query | undefined {
  const tags: TagCondition[] = [];
  const metadata: MetadataCondition[] = [];
  let modalities: Query["modalities"];
  const times = new Set(dateTimeRanges(keys).map(({ time }) => time));
  for (const key of keys) {
    if (!isFilter(key) || times.has(key.tag)) continue;
    if (isOfLowerLevel(level, key.tag, mainTags)) return undefined;
    if (key.kind === "sequence") continue;
    const inMetadata = level === "Instance" ? TAGS_IN_METADATA.get(key.tag) : undefined;
    const matcher = key.matcher!;
    if (inMetadata !== undefined) metadata.push({ key: inMetadata, matcher, caseSensitive: true });
    else if (key.tag === TAG.modalitiesInStudy && level !== "Patient") modalities = matcher;
    else tags.push(...tagConditions(level, key, mainTags));
  }
  if (tags.length + metadata.length > MAXIMUM_CONDITIONS) {
    const fact = `more than ${MAXIMUM_CONDITIONS} attributes have values`;
    throw new DicomError("bad-request", `Cannot query: ${fact}`);
  }
  return { ...everyResource(level), tags, metadata, modalities };
}

/** Whether the index keeps `tag` only below `level`. */
export function isOfLowerLevel(level: Level, tag: Tag, mainTags: MainTagsByLevel): boolean {
  if (COMPUTED_TAGS.has(tag) || isIndexed(mainTags, level, tag)) return false;
  return LEVELS.slice(depthOf(level) + 1).some((below) => mainTags[below].includes(tag));
}

function tagConditions(level: Level, key: ValueKey, mainTags: MainTagsByLevel): TagCondition[] {
  const { tag, vr } = key;
  const owner = LEVELS.slice(0, depthOf(level) + 1)
    .findLast((above) => mainTags[above].includes(tag));
  if (!owner || vr === "TM") return [];
  const matcher = vr === "PN" ? widerPattern(key.matcher!) : key.matcher;
  return matcher ? [{ tag, level: owner, matcher, caseSensitive: vr !== "PN" }] : [];
}
