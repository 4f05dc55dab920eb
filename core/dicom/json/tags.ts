import type { DataElement, DataSet } from "../data_set.ts";
import { tagName } from "../dictionary.ts";
import { creatorOf, elementOf, formatTag, isPrivate, type Tag } from "../tag.ts";
import { hasText, valueText } from "../values.ts";

/** Longest text in the JSON of a data set, in characters, unless a tag is excepted (as Orthanc). */
export const MAXIMUM_TEXT = 256;

/** The three forms in which Orthanc shows a data set. */
export type Dialect = "full" | "short" | "simplified";

/** JSON of a data set or of a value in it. */
export type TagsJson = { [key: string]: unknown };

/** What an element holds, before it takes the form of a dialect. */
export type TagValue =
  | { readonly type: "String"; readonly value: string }
  | { readonly type: "Sequence"; readonly value: readonly DataSet[] }
  | { readonly type: "Null" | "TooLong"; readonly value: null };

/** How to show a data set. */
export interface TagsOptions {
  readonly dialect: Dialect;
  /** Tags whose text is shown whatever its length. */
  readonly ignoreLength?: ReadonlySet<Tag>;
}

/** A data set in one of Orthanc's three dialects; keys are sorted. */
export function tagsJson(dataSet: DataSet, options: TagsOptions): TagsJson {
  const { key, show } = DIALECTS[options.dialect];
  const entries: [string, unknown][] = [];
  for (const element of dataSet.elements) {
    const value = tagValue(element, dataSet, options);
    const json = value.type === "Sequence"
      ? value.value.map((item) => tagsJson(item, options))
      : value.value;
    entries.push([key(element, dataSet), show(element, dataSet, value, json)]);
  }
  entries.sort(([a], [b]) => a < b ? -1 : a > b ? 1 : 0); // stable: of equal names the last one wins
  return Object.fromEntries(entries);
}

/** What `element` holds, with Orthanc's rules for binary and long values. */
export function tagValue(
  element: DataElement,
  dataSet: DataSet,
  { ignoreLength }: Pick<TagsOptions, "ignoreLength">,
): TagValue {
  if (element.items) return { type: "Sequence", value: element.items };
  if (!hasText(element.vr) || element.fragments) return NULL;
  const text = valueText(element, dataSet);
  if (text === undefined) return element.bytes === undefined ? TOO_LONG : NULL;
  if (text.length > MAXIMUM_TEXT && !ignoreLength?.has(element.tag)) return TOO_LONG;
  return { type: "String", value: text };
}

const NULL: TagValue = { type: "Null", value: null };
const TOO_LONG: TagValue = { type: "TooLong", value: null };

interface DialectRules {
  readonly key: (element: DataElement, dataSet: DataSet) => string;
  readonly show: (
    element: DataElement,
    dataSet: DataSet,
    value: TagValue,
    json: unknown,
  ) => unknown;
}

const DIALECTS: Readonly<Record<Dialect, DialectRules>> = {
  full: {
    key: ({ tag }) => formatTag(tag),
    show: ({ tag }, dataSet, { type }, json) => {
      const creator = privateCreator(tag, dataSet);
      return {
        Name: tagName(tag, creator),
        ...(creator !== undefined && { PrivateCreator: creator }),
        Type: type,
        Value: json,
      };
    },
  },
  short: {
    key: ({ tag }) => formatTag(tag),
    show: (_element, _dataSet, _value, json) => json,
  },
  simplified: {
    key: ({ tag }, dataSet) => tagName(tag, privateCreator(tag, dataSet)),
    show: (_element, _dataSet, _value, json) => json,
  },
};

/** The private creator that owns `tag` in `dataSet` (PS3.5 Section 7.8.1); undefined if none does. */
export function privateCreator(tag: Tag, dataSet: DataSet): string | undefined {
  if (!isPrivate(tag) || elementOf(tag) < 0x1000) return undefined;
  const element = dataSet.get(creatorOf(tag));
  return element && valueText(element, dataSet);
}
