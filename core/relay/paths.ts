import type { DataSet } from "../dicom/data_set.ts";
import type { ElementHeader } from "../dicom/element_header.ts";
import { parseTagOrName } from "../dicom/dictionary.ts";
import { groupOf, isPrivate, type Tag, tagOf } from "../dicom/tag.ts";
import { valueText } from "../dicom/values.ts";
import type { Values } from "./operators.ts";

/** One step of a path: a tag, or an element of a private block by its creator (PS3.5 Section 7.8). */
type Step =
  | { readonly kind: "tag"; readonly tag: Tag }
  | {
    readonly kind: "private";
    readonly group: number;
    readonly element: number;
    readonly creator: string;
  };

/** Where in a data set a condition looks; sequences are searched in all their items. */
export type AttributePath = readonly Step[];

const MOST_STEPS = 8;

/**
 * Reads `Modality`, `(0008,0060)`, `(0019,xx10)/CREATOR`, or several of these with dots between them, as
 * `RequestAttributesSequence.ScheduledProcedureStepID`.
 *
 * @returns undefined if it is not a path
 */
export function parsePath(text: string): AttributePath | undefined {
  const steps = splitSteps(text).map(parseStep);
  return steps.length <= MOST_STEPS && steps.every((step) => step !== undefined)
    ? steps
    : undefined;
}

/** A dot may also be part of the name of a private creator. */
function splitSteps(text: string): string[] {
  return text.includes("/") ? [text] : text.split(".");
}

function parseStep(text: string): Step | undefined {
  const match = /^\(?([0-9a-f]{4}),xx([0-9a-f]{2})\)?\/(.{1,64})$/i.exec(text);
  if (match) {
    const [, group, element, creator] = match;
    const number = parseInt(group!, 16);
    if (!isPrivate(tagOf(number, 0))) return undefined;
    return { kind: "private", group: number, element: parseInt(element!, 16), creator: creator! };
  }
  const tag = parseTagOrName(text.replace(/^\((.*)\)$/, "$1"));
  return tag === undefined ? undefined : { kind: "tag", tag };
}

/** Which elements must be read so that all `paths` can be followed. */
export function keepFor(paths: readonly AttributePath[]): (header: ElementHeader) => boolean {
  const tags = new Set<Tag>([SPECIFIC_CHARACTER_SET]);
  const groups = new Set<number>();
  for (const [first] of paths) {
    if (first?.kind === "tag") tags.add(first.tag);
    else if (first) groups.add(first.group);
  }
  return ({ tag, depth }) => depth > 0 || tags.has(tag) || groups.has(groupOf(tag));
}

const SPECIFIC_CHARACTER_SET: Tag = 0x00080005;

/** What stands at `path`: all values, a sequence as one empty value; undefined if nothing does. */
export function valuesAt(dataSet: DataSet, path: AttributePath): Values {
  let places: readonly DataSet[] = [dataSet];
  let found: string[] | undefined;
  for (const [depth, step] of path.entries()) {
    const isLast = depth === path.length - 1;
    const next: DataSet[] = [];
    for (const place of places) {
      const element = place.get(tagIn(place, step) ?? -1);
      if (!element) continue;
      if (isLast) (found ??= []).push(...(valueText(element, place) ?? "").split("\\"));
      else next.push(...element.items ?? []);
    }
    places = next;
  }
  return found;
}

/** The tag of a step; that of a private element depends on the block that its creator has reserved. */
function tagIn(dataSet: DataSet, step: Step): Tag | undefined {
  if (step.kind === "tag") return step.tag;
  for (let block = 0x10; block <= 0xff; block++) {
    const element = dataSet.get(tagOf(step.group, block));
    if (element && valueText(element, dataSet)?.trim() === step.creator) {
      return tagOf(step.group, (block << 8) | step.element);
    }
  }
  return undefined;
}
