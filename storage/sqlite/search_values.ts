import type { Level, MainTags } from "../../core/archive/resource.ts";
import { alternatives, normalize } from "../../core/dicom/match.ts";
import { TAG, type Tag } from "../../core/dicom/tag.ts";

/** Main tags are not longer than this many characters, so no longer pattern fits one. */
export const LONGEST_SEARCHED = 4096;

/** A row of the table `search`, but for its resource. */
export interface SearchValue {
  readonly tag: Tag;
  readonly value: string;
}

/** Whether values of `tag` of resources of `level` are in the table `search`. */
export function isSearchable(level: Level, tag: Tag): boolean {
  return level !== "Instance" || tag === TAG.sopInstanceUid;
}

/** What the table `search` holds for a resource: whole values, and the parts of multiple ones. */
export function searchValues(level: Level, tags: MainTags): SearchValue[] {
  return Object.entries(tags).flatMap(([hex, text]) => {
    const tag = parseInt(hex, 16);
    if (typeof text !== "string" || text === "" || !isSearchable(level, tag)) return [];
    const values = new Set(alternatives(text).map(normalize));
    return [...values].map((value) => ({ tag, value }));
  });
}
