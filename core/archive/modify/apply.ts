import type { EditedDataSet } from "../../dicom/edit/data_set.ts";
import { newElementOf, putElement } from "../../dicom/edit/new_value.ts";
import { removeAt, setAt, type TagPath } from "../../dicom/edit/path.ts";
import { creatorOf, isPrivate, isPrivateCreator, TAG, type Tag } from "../../dicom/tag.ts";
import {
  confidentialityProfile,
  type Profile,
  PROFILE_OPTIONS,
  type ProfileOption,
} from "../confidentiality_profile.ts";
import { depthOf, type Level, LEVELS } from "../resource.ts";
import type { UidMap } from "../uid_map.ts";
import { type Clean, createCleaner } from "./clean_text.ts";
import { declareAnonymized } from "./declare.ts";
import {
  IDENTIFIERS,
  keeps,
  type Modification,
  type ReadModification,
  readModification,
  replaces,
} from "./modification.ts";

/** Changes one instance as a modification says. */
export type ApplyModification = (root: EditedDataSet) => void;

/** What makes identifiers. */
export interface NewIdentifiers {
  readonly uids: UidMap;
  /** Whether a UID is that of something that is modified too, so that references to it must follow. */
  readonly isModified: (uid: string) => boolean;
}

/**
 * Makes the function that does a modification, in Orthanc's order: private attributes go, the profile is applied at every
 * depth, then what is removed and replaced, at last identifiers. References to what gets another UID follow it.
 *
 * @throws DicomError `unknown-tag` or `bad-request`; the function throws `bad-request` too, where a value does not fit
 */
export function createApply(
  modification: Modification,
  identifiers: NewIdentifiers,
): ApplyModification {
  const read = readModification(modification);
  const walk = createWalk(read, identifiers);
  return (root) => {
    walk(root);
    for (const path of read.remove) removeAt(root, path);
    if (modification.profile) declareAnonymized(root, modification.profile, read);
    replaceIdentifiers(root, read, identifiers.uids);
    for (const { path, value } of read.replace) {
      const { privateCreator } = modification;
      const element = newElementOf(path.tag, value, { privateCreator, dataUris: true });
      setAt(root, path, (place) => putElement(place, element, privateCreator));
    }
  };
}

/** The way through a data set and its items, for what concerns every depth. */
function createWalk(read: ReadModification, identifiers: NewIdentifiers) {
  const { profile: options, removePrivateTags } = read.modification;
  const profile = options ? confidentialityProfile(options.edition, options.options) : NO_PROFILE;
  const keepsUids = options?.options.includes("RetainUIDs");
  const references = keepsUids ? NO_PROFILE : confidentialityProfile("2023b", []);
  const createClean = options?.options.some(cleans)
    ? createCleaner(options.edition)
    : () => NOTHING_LEFT;
  const remap = createRemap(identifiers);
  const kept = keptTags(read);
  const isKeptPath = (path: TagPath) => read.keep.some((keep) => matches(keep, path));

  const visit = (dataSet: EditedDataSet, steps: TagPath["steps"], source: Source): void => {
    const { given, clean } = source;
    for (const tag of dataSet.tags) {
      if (kept(dataSet, tag) || isKeptPath({ steps, tag })) continue;
      if (steps.length === 0 && IDENTIFYING.has(tag)) continue;
      const rule = profile(tag);
      if (rule?.isCleaned && clean(dataSet, tag)) continue;
      if (rule?.action === "remove" || (removePrivateTags && isPrivate(tag))) dataSet.remove(tag);
      else if (rule?.action === "clear") dataSet.clear(tag);
      else if (rule?.action === "uid") remap(dataSet, tag, { all: true, given });
      else if (references(tag)?.action === "uid" && steps.length > 0) {
        remap(dataSet, tag, { all: false, given });
      }
      dataSet.items(tag)?.forEach((item, index) =>
        visit(item, [...steps, { tag, item: index }], source)
      );
    }
  };
  return (root: EditedDataSet) =>
    visit(root, [], { given: givenUids(root, read), clean: createClean(root) });
}

/** Makes the function for UIDs of the profile, and in any case those that lead to what is modified. */
function createRemap({ uids, isModified }: NewIdentifiers) {
  return (dataSet: EditedDataSet, tag: Tag, { all, given }: Remapping): void => {
    const text = dataSet.text(tag);
    if (text === undefined && all) return dataSet.clear(tag); // too long to be loaded, or no text
    if (text === undefined || text === "") return;
    const values = text.split("\\").map((uid) => uid.trim());
    const mapped = values.map((uid) =>
      given.get(uid) ?? (uid !== "" && (all || isModified(uid)) ? uids.uid(uid) : uid)
    );
    if (mapped.join() !== values.join()) dataSet.set({ tag, vr: "UI", value: mapped.join("\\") });
  };
}

/** What is known of an instance before it is changed. */
interface Source {
  readonly given: GivenUids;
  readonly clean: Clean;
}

/** UIDs of this instance and its parents that are given or kept: by the old one, the one that takes its place. */
type GivenUids = ReadonlyMap<string, string>;

interface Remapping {
  /** Whether UIDs of things that are not modified are mapped too. */
  readonly all: boolean;
  readonly given: GivenUids;
}

function givenUids(root: EditedDataSet, read: ReadModification): GivenUids {
  const given = new Map<string, string>();
  for (const level of LEVELS.slice(1)) {
    const tag = IDENTIFIERS[level];
    const old = root.text(tag);
    if (old === undefined) continue;
    if (keeps(read, tag)) given.set(old, old);
    const value = read.replace.find(({ path }) => path.steps.length === 0 && path.tag === tag)
      ?.value;
    if (typeof value === "string") given.set(old, value);
  }
  return given;
}

const NO_PROFILE: Profile = () => undefined;
const NOTHING_LEFT: Clean = () => false;

function cleans(option: ProfileOption): boolean {
  return PROFILE_OPTIONS[option].cleans !== "";
}

/** What has rules of its own in the data set itself. */
const IDENTIFYING: ReadonlySet<Tag> = new Set(Object.values(IDENTIFIERS));

/** Attributes that are named without path are kept at every depth, private ones with their creators. */
function keptTags(read: ReadModification): (dataSet: EditedDataSet, tag: Tag) => boolean {
  const tags = new Set(read.keep.filter(({ steps }) => steps.length === 0).map(({ tag }) => tag));
  if (tags.has(TAG.sopInstanceUid)) tags.add(REFERENCED_SOP_INSTANCE_UID);
  const creators = new Set([...tags].filter(isPrivate).map(creatorOf));
  return (_dataSet, tag) => tags.has(tag) || (isPrivateCreator(tag) && creators.has(tag));
}

const REFERENCED_SOP_INSTANCE_UID = 0x00081155;

/** Whether a path leads to a place, given by the numbers of its items. */
function matches(path: TagPath, place: TagPath): boolean {
  return path.tag === place.tag && path.steps.length === place.steps.length &&
    path.steps.every(({ tag, item }, at) => {
      const there = place.steps[at]!;
      return tag === there.tag && (item === "all" || item === there.item);
    });
}

/** New identifiers from the level of the modification down, but for those that are kept or given. */
function replaceIdentifiers(root: EditedDataSet, read: ReadModification, uids: UidMap): void {
  const { level, profile } = read.modification;
  for (const of of LEVELS.slice(depthOf(level))) {
    const tag = IDENTIFIERS[of];
    if (keeps(read, tag) || replaces(read, tag) || isRetained(of, profile)) continue;
    const old = root.text(tag) ?? "";
    const value = of === "Patient" ? uids.patient(old) : uids.uid(old);
    if (of !== "Patient" || profile) root.set({ tag, vr: of === "Patient" ? "LO" : "UI", value });
  }
}

function isRetained(level: Level, profile: Modification["profile"]): boolean {
  return level !== "Patient" && (profile?.options.includes("RetainUIDs") ?? false);
}
