import type { DataSet } from "./data_set.ts";
import { isFilter, type Key, type SequenceKey, type ValueKey } from "./keys.ts";
import { inRange, type Matcher, matches } from "./match.ts";
import type { NewDataSet, NewElement } from "./new_data_set.ts";
import { matchesName } from "./person_name.ts";
import { TAG, type Tag } from "./tag.ts";
import { hasText, valueText } from "./values.ts";
import { type Vr, vrInfo } from "./vr.ts";

/** What keys are matched with: the attributes of a data set or item, wherever they come from. */
export interface Attributes {
  /** Of a value; undefined if it is absent or no text. */
  text(tag: Tag): string | undefined;
  /** Of a sequence. */
  items(tag: Tag): readonly Attributes[] | undefined;
  /** All tags there are. */
  tags(): readonly { readonly tag: Tag; readonly vr: Vr }[];
}

/** How to match. */
export interface MatchOptions {
  /** Whether letters' case tells names of persons apart (option `CaseSensitivePN`); it does elsewhere. */
  readonly caseSensitiveNames: boolean;
}

/** The attributes of a data set that was read. */
export function attributesOf(dataSet: DataSet): Attributes {
  return {
    text(tag) {
      const element = dataSet.get(tag);
      return element && hasText(element.vr) ? valueText(element, dataSet) : undefined;
    },
    items: (tag) => dataSet.get(tag)?.items?.map(attributesOf),
    tags: () => dataSet.elements,
  };
}

/** Dates whose time has an attribute of its own (PS3.4 Section C.2.2.2.5). */
const DATE_TIME_PAIRS: ReadonlyMap<Tag, Tag> = new Map([
  [0x00080012, 0x00080013], // Instance Creation
  [0x00080020, 0x00080030], // Study
  [0x00080021, 0x00080031], // Series
  [0x00080022, 0x00080032], // Acquisition
  [0x00080023, 0x00080033], // Content
  [0x00100030, 0x00100032], // Patient's Birth
  [0x00400002, 0x00400003], // Scheduled Procedure Step Start
  [0x00400004, 0x00400005], // Scheduled Procedure Step End
  [0x00400244, 0x00400245], // Performed Procedure Step Start
  [0x00400250, 0x00400251], // Performed Procedure Step End
]);

/** A date and a time that ask for one range together. */
interface DateTimeRange {
  readonly date: Tag;
  readonly time: Tag;
  readonly from: string | undefined;
  readonly to: string | undefined;
}

/** Whether `attributes` have all that `keys` ask for (PS3.4 Section C.2.2.2). */
export function matchesKeys(
  keys: readonly Key[],
  attributes: Attributes,
  options: MatchOptions,
): boolean {
  const combined = dateTimeRanges(keys);
  const paired = new Set(combined.flatMap(({ date, time }) => [date, time]));
  return combined.every((range) => inDateTimeRange(range, attributes)) &&
    keys.every((key) => paired.has(key.tag) || matchesKey(key, attributes, options));
}

/** The dates and times of `keys` that are ranges both: they are one range of moments. */
export function dateTimeRanges(keys: readonly Key[]): DateTimeRange[] {
  return keys.flatMap((key) => {
    const time = DATE_TIME_PAIRS.get(key.tag);
    const days = rangeOf(key);
    const hours = rangeOf(keys.find(({ tag }) => tag === time));
    if (time === undefined || !days || !hours) return [];
    return [{
      date: key.tag,
      time,
      from: days.from === undefined ? undefined : days.from + (hours.from ?? ""),
      to: days.to === undefined ? undefined : days.to + (hours.to ?? ""),
    }];
  });
}

function rangeOf(key: Key | undefined): Extract<Matcher, { kind: "range" }> | undefined {
  return key?.kind === "value" && key.matcher?.kind === "range" ? key.matcher : undefined;
}

function inDateTimeRange({ date, time, from, to }: DateTimeRange, attributes: Attributes): boolean {
  const day = plainDate(attributes.text(date) ?? "");
  if (day === "") return false;
  const hour = plainTime(attributes.text(time) ?? "") || "000000";
  return inRange(day + hour, from, to);
}

function matchesKey(key: Key, attributes: Attributes, options: MatchOptions): boolean {
  if (!isFilter(key)) return true;
  if (key.kind === "value") return matchesValue(key, attributes.text(key.tag), options);
  return matchingItems(key, attributes, options).length > 0;
}

/** PS3.4 Section C.2.2.2.6: the items that match. */
function matchingItems({ tag, keys }: SequenceKey, attributes: Attributes, options: MatchOptions) {
  return (attributes.items(tag) ?? []).filter((item) => matchesKeys(keys, item, options));
}

function matchesValue(
  { vr, matcher }: ValueKey,
  value: string | undefined,
  { caseSensitiveNames }: MatchOptions,
): boolean {
  if (!matcher) return true;
  if (vr === "PN") return matchesName(matcher, value, caseSensitiveNames);
  return matches(matcher, value && (PLAIN[vr]?.(value) ?? value), true);
}

/** Forms of older editions in the present one (PS3.5 Section 6.2). */
const PLAIN: Partial<Record<Vr, (text: string) => string>> = { DA: plainDate, TM: plainTime };

function plainDate(text: string): string {
  return text.trim().replace(/^(\d{4})\.(\d\d)\.(\d\d)$/, "$1$2$3");
}

function plainTime(text: string): string {
  return text.trim().replace(/^(\d\d):(\d\d)(?::(\d\d))?/, "$1$2$3");
}

/** What answers `keys`: each of them, empty where there is no value. */
export function answerKeys(
  keys: readonly Key[],
  attributes: Attributes,
  options: MatchOptions,
): NewElement[] {
  return keys.map((key): NewElement => {
    if (key.kind === "value") return valueElement(key, attributes.text(key.tag) ?? "");
    const items = key.keys.length === 0
      ? (attributes.items(key.tag) ?? []).map(wholeItem)
      : matchingItems(key, attributes, options).map((item) => answerKeys(key.keys, item, options));
    return { tag: key.tag, vr: "SQ", value: items };
  });
}

function valueElement({ tag, vr }: Pick<ValueKey, "tag" | "vr">, value: string): NewElement {
  return { tag, vr, value: hasText(vr) ? value : new Uint8Array(0) };
}

/** Everything in an item that is text, or a sequence. */
function wholeItem(item: Attributes): NewDataSet {
  return item.tags().flatMap(({ tag, vr }): NewElement[] => {
    if (tag === TAG.specificCharacterSet) return [];
    const items = item.items(tag);
    if (items) return [{ tag, vr: "SQ", value: items.map(wholeItem) }];
    const text = item.text(tag);
    return text === undefined || vrInfo(vr).kind === "binary" || vr === "SQ"
      ? []
      : [valueElement({ tag, vr }, text)];
  });
}
