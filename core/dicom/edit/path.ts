import { DicomError } from "../../errors.ts";
import { parseTagOrName } from "../dictionary.ts";
import type { NewElement } from "../new_data_set.ts";
import type { Tag } from "../tag.ts";
import type { EditedDataSet } from "./data_set.ts";

/** A sequence on the way to an element, and which of its items is meant. */
export interface PathStep {
  readonly tag: Tag;
  readonly item: number | "all";
}

/** Where an element is: in the data set itself, or in items. */
export interface TagPath {
  readonly steps: readonly PathStep[];
  readonly tag: Tag;
}

/** Deepest path that is taken. */
const MAXIMUM_STEPS = 64;

/**
 * Reads a path as DCMTK's dcmodify and Orthanc write it: `Tag`, `Sequence[0].Tag`, `Sequence[*].Tag`; tags are names or
 * numbers.
 *
 * @throws DicomError `unknown-tag` for a name that is no attribute, `bad-request` for another form
 */
export function parseTagPath(text: string): TagPath {
  const parts = text.split(".");
  if (parts.length > MAXIMUM_STEPS) throw badPath("it is too deep");
  const last = parts.pop()!.trim();
  return { steps: parts.map(parseStep), tag: tagNamed(last) };
}

/** Whether two paths lead to the same place, word for word. */
export function samePath(a: TagPath, b: TagPath): boolean {
  return a.tag === b.tag && a.steps.length === b.steps.length &&
    a.steps.every(({ tag, item }, at) => tag === b.steps[at]!.tag && item === b.steps[at]!.item);
}

/** Removes what is at `path`. */
export function removeAt(root: EditedDataSet, path: TagPath): void {
  for (const dataSet of placesOf(root, path.steps)) dataSet.remove(path.tag);
}

/** What there is of the data sets in which the last tag of a path is. */
export function placesOf(root: EditedDataSet, steps: readonly PathStep[]): EditedDataSet[] {
  let places = [root];
  for (const { tag, item } of steps) {
    places = places.flatMap((place) => {
      const items = place.items(tag) ?? [];
      return item === "all" ? items : items.slice(item, item + 1);
    });
  }
  return places;
}

/**
 * Puts elements at `path`. A numbered item that would be the next of its sequence is made, the sequence too; `[*]` is
 * for items that are there.
 *
 * @throws DicomError `bad-request` for an item far behind the last
 */
export function setAt(
  root: EditedDataSet,
  { steps }: TagPath,
  put: (place: EditedDataSet) => void,
): void {
  let places = [root];
  for (const step of steps) places = places.flatMap((place) => itemsFor(place, step));
  places.forEach(put);
}

function itemsFor(place: EditedDataSet, { tag, item }: PathStep): readonly EditedDataSet[] {
  if (item === "all") return place.items(tag) ?? [];
  const emptySequence: NewElement = { tag, vr: "SQ", value: [] };
  if (!place.items(tag)) place.set(emptySequence);
  const items = place.items(tag)!;
  if (item > items.length) throw badPath("an item of this number cannot be added");
  if (item === items.length) items.push(place.newItem([], tag));
  return [items[item]!];
}

function parseStep(text: string): PathStep {
  const match = /^(.+)\[(\*|\d{1,9})\]$/.exec(text.trim());
  if (!match) throw badPath("a sequence needs the number of an item, or [*]");
  return { tag: tagNamed(match[1]!), item: match[2] === "*" ? "all" : Number(match[2]) };
}

function tagNamed(text: string): Tag {
  const tag = parseTagOrName(text.replace(/^\((.*)\)$/, "$1"));
  if (tag === undefined) throw new DicomError("unknown-tag", "Cannot read path: unknown tag");
  return tag;
}

function badPath(fact: string): DicomError {
  return new DicomError("bad-request", `Cannot read path: ${fact}`);
}
