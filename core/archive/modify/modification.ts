import { DicomError } from "../../errors.ts";
import type { JsonValue } from "../../dicom/edit/new_value.ts";
import { parseTagPath, type TagPath } from "../../dicom/edit/path.ts";
import { tagName } from "../../dicom/dictionary.ts";
import { TAG, type Tag } from "../../dicom/tag.ts";
import type { ProfileEdition, ProfileOption } from "../confidentiality_profile.ts";
import { depthOf, type Level, LEVELS } from "../resource.ts";

/** What is to be done to instances; plain JSON, as it is part of jobs. */
export interface Modification {
  readonly kind: "modify" | "anonymize";
  /** From this level down identifiers become new ones. */
  readonly level: Level;
  /** Values by path. */
  readonly replace: Readonly<Record<string, JsonValue>>;
  /** Paths. */
  readonly remove: readonly string[];
  /** Paths that are left as they are, whatever else is said. */
  readonly keep: readonly string[];
  readonly removePrivateTags: boolean;
  /** Owner of private attributes among the new values; empty for none. */
  readonly privateCreator: string;
  /** The profile, to anonymise. */
  readonly profile: {
    readonly edition: ProfileEdition;
    readonly options: readonly ProfileOption[];
  } | null;
}

/** The attribute that identifies a resource of each level. */
export const IDENTIFIERS: Readonly<Record<Level, Tag>> = {
  Patient: TAG.patientId,
  Study: TAG.studyInstanceUid,
  Series: TAG.seriesInstanceUid,
  Instance: TAG.sopInstanceUid,
};

/** A value to be put at a path. */
export interface PathValue {
  readonly path: TagPath;
  readonly value: JsonValue;
}

/** A modification with its paths read. */
export interface ReadModification {
  readonly modification: Modification;
  readonly replace: readonly PathValue[];
  readonly remove: readonly TagPath[];
  readonly keep: readonly TagPath[];
}

/** Reads the paths. @throws DicomError `unknown-tag` or `bad-request` */
export function readModification(modification: Modification): ReadModification {
  const { replace, remove, keep } = modification;
  return {
    modification,
    replace: Object.entries(replace).map(([path, value]) => ({ path: parseTagPath(path), value })),
    remove: remove.map(parseTagPath),
    keep: keep.map(parseTagPath),
  };
}

/** Whether the value of a tag of the data set itself is given. */
export function replaces({ replace }: ReadModification, tag: Tag): boolean {
  return replace.some(({ path }) => path.steps.length === 0 && path.tag === tag);
}

/** Whether a tag of the data set itself is to stay. */
export function keeps({ keep }: ReadModification, tag: Tag): boolean {
  return keep.some((path) => path.steps.length === 0 && path.tag === tag);
}

/**
 * Refuses what would break the hierarchy (Orthanc's rules): identifiers are only given or kept by force, those of parents
 * not at all, but for the patient of a study.
 *
 * @throws DicomError `bad-request`
 */
export function checkIdentifiers(
  read: ReadModification,
  { force }: { readonly force: boolean },
): void {
  const { modification: { kind, level } } = read;
  const isModified = kind === "modify";
  for (const of of LEVELS) {
    const tag = IDENTIFIERS[of];
    if (!force) requireNoForce(read, tag);
    if (removes(read, tag)) throw badRequest(`${tagName(tag)} cannot be removed`);
    const isParent = depthOf(of) < depthOf(level) && !(of === "Patient" && level === "Study");
    if (isModified && isParent && replaces(read, tag)) {
      const fact = `the parent ${tagName(tag)} cannot be manually modified`;
      throw badRequest(`When modifying ${article(level)}, ${fact}`);
    }
  }
  if (isModified && level === "Patient" && !replaces(read, TAG.patientId)) {
    throw badRequest("When modifying a patient, her PatientID is required to be modified");
  }
}

function requireNoForce(read: ReadModification, tag: Tag): void {
  const marks = { replaced: replaces, kept: keeps, removed: removes };
  for (const [mark, has] of Object.entries(marks)) {
    if (!has(read, tag)) continue;
    const name = tagName(tag);
    const fact = `as to be ${mark} requires the "Force" option to be set to true`;
    throw badRequest(`Marking tag "${name}" ${fact}`);
  }
}

function removes({ remove }: ReadModification, tag: Tag): boolean {
  return remove.some((path) => path.steps.length === 0 && path.tag === tag);
}

function article(level: Level): string {
  return `${level === "Instance" ? "an" : "a"} ${level.toLowerCase()}`;
}

function badRequest(message: string): DicomError {
  return new DicomError("bad-request", message);
}
