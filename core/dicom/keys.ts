import { DicomError } from "../errors.ts";
import type { DataElement, DataSet } from "./data_set.ts";
import { findByTag } from "./dictionary.ts";
import { type Matcher, matcherOf } from "./match.ts";
import { elementOf, groupOf, TAG, type Tag, tagOf } from "./tag.ts";
import { hasText, valueText } from "./values.ts";
import type { Vr } from "./vr.ts";

/** A key attribute of a query (PS3.4 Section C.2.2.2). */
export type Key = ValueKey | SequenceKey;

/** An attribute with a value. */
export interface ValueKey {
  readonly kind: "value";
  readonly tag: Tag;
  readonly vr: Vr;
  /** As it was sent, in Unicode. */
  readonly text: string;
  /** What is asked of the value; undefined for universal matching. */
  readonly matcher: Matcher | undefined;
}

/** A sequence, of which one item must match. */
export interface SequenceKey {
  readonly kind: "sequence";
  readonly tag: Tag;
  /** None: the whole sequence is asked for. */
  readonly keys: readonly Key[];
}

/** More key attributes than this are refused, items included. */
const MAXIMUM_KEYS = 1000;

/** What controls a query instead of being a key of it (PS3.4 Section C.2.2.2, and as Orthanc). */
const NO_KEYS: ReadonlySet<Tag> = new Set([TAG.specificCharacterSet, TAG.queryRetrieveLevel]);

/** What is answered but never matched: it says how the answer is to be read, or who gives it. */
const NEVER_MATCHED: ReadonlySet<Tag> = new Set([
  TAG.retrieveAeTitle,
  TAG.instanceAvailability,
  tagOf(0x0008, 0x0201), // Timezone Offset From UTC
]);

/**
 * The key attributes of an identifier. Those of groups below 0008 and group lengths are passed over.
 *
 * @throws DicomError `out-of-range` for wildcards where there are none; `bad-request` for too many keys
 */
export function readKeys(identifier: DataSet): Key[] {
  return keysOf(identifier, { left: MAXIMUM_KEYS });
}

/** Whether a key asks anything of what it is to match. */
export function isFilter(key: Key): boolean {
  return key.kind === "value" ? key.matcher !== undefined : key.keys.some(isFilter);
}

function keysOf(dataSet: DataSet, budget: { left: number }): Key[] {
  return dataSet.elements.filter(isKey).map((element) => {
    if (budget.left-- === 0) {
      throw new DicomError("bad-request", `Cannot query by more than ${MAXIMUM_KEYS} attributes`);
    }
    return keyOf(element, dataSet, budget);
  });
}

function isKey({ tag }: DataElement): boolean {
  return groupOf(tag) >= 0x0008 && elementOf(tag) !== 0 && !NO_KEYS.has(tag);
}

function keyOf(element: DataElement, dataSet: DataSet, budget: { left: number }): Key {
  const { tag, items } = element;
  if (items) {
    const [item] = items;
    return { kind: "sequence", tag, keys: item ? keysOf(item, budget) : [] };
  }
  const vr = findByTag(tag)?.vr ?? element.vr;
  if (vr === "SQ") return { kind: "sequence", tag, keys: [] };
  const text = (hasText(element.vr) && valueText(element, dataSet)?.trim()) || "";
  return {
    kind: "value",
    tag,
    vr,
    text,
    matcher: NEVER_MATCHED.has(tag) ? undefined : ask(tag, vr, text),
  };
}

/** Only stars stand for universal matching (PS3.4 Section C.2.2.2.4). */
function ask(tag: Tag, vr: Vr, text: string): Matcher | undefined {
  return /^\*+$/.test(text) ? undefined : matcherOf(tag, vr, text);
}
