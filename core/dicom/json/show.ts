import { findByTag, tagName } from "../dictionary.ts";
import { formatTag, type Tag } from "../tag.ts";
import type { Dialect, TagsJson } from "./tags.ts";

/** A value away from its data set: text, the items of a sequence in the full dialect, or nothing. */
export type ShownValue = string | readonly TagsJson[] | null;

/** One value in the full dialect. */
interface FullValue {
  readonly Name: string;
  readonly Type: string;
  readonly Value: unknown;
}

/** Values by tag in one of the dialects; keys are sorted. */
export function showTags(values: Iterable<readonly [Tag, ShownValue]>, dialect: Dialect): TagsJson {
  const full = [...values].map(([tag, value]) => [formatTag(tag), fullValue(tag, value)] as const);
  return toDialect(Object.fromEntries(full), dialect);
}

/** A data set in the full dialect in another one. */
export function toDialect(full: TagsJson, dialect: Dialect): TagsJson {
  const entries = Object.entries(full).map(([key, value]): [string, unknown] => {
    const { Name, Type, Value } = value as FullValue; // the full dialect, written by ourselves
    const shown = Type === "Sequence"
      ? (Value as readonly TagsJson[]).map((item) => toDialect(item, dialect))
      : Value;
    if (dialect === "full") return [key, { ...value as FullValue, Value: shown }];
    return [dialect === "short" ? key : Name, shown];
  });
  return Object.fromEntries(entries.sort(([a], [b]) => a < b ? -1 : a > b ? 1 : 0));
}

function fullValue(tag: Tag, value: ShownValue): FullValue {
  const type = value === null ? "Null" : typeof value === "string" ? "String" : "Sequence";
  // Orthanc names main tags by their keyword, retired or not.
  const name = findByTag(tag)?.keyword ?? tagName(tag);
  return { Name: name, Type: type, Value: value };
}
