import { DicomError } from "../../errors.ts";
import { findByTag, parseTagOrName } from "../dictionary.ts";
import type { NewDataSet, NewElement } from "../new_data_set.ts";
import type { Tag } from "../tag.ts";

/**
 * The data set that a JSON object of names (or tags) and values stands for: text, numbers, null for empty, and arrays of
 * objects for the items of a sequence.
 *
 * @throws DicomError `unknown-tag` for a name that is no attribute, `bad-file` for another kind of value
 */
export function newDataSetOf(json: object): NewDataSet {
  const elements = new Map<Tag, NewElement>();
  for (const [name, value] of Object.entries(json)) {
    const tag = parseTagOrName(name);
    if (tag === undefined) {
      throw new DicomError("unknown-tag", "Cannot make data set: a name is no attribute");
    }
    elements.set(tag, newElementOf(tag, value));
  }
  return [...elements.values()];
}

/** An element of text, in the VR of the dictionary. */
export function newTextElement(tag: Tag, value: string): NewElement {
  return { tag, vr: findByTag(tag)?.vr ?? "LO", value };
}

function newElementOf(tag: Tag, value: unknown): NewElement {
  if (Array.isArray(value)) return { tag, vr: "SQ", value: value.map(itemOf) };
  if (value === null) return newTextElement(tag, "");
  if (typeof value === "string" || typeof value === "number") {
    return newTextElement(tag, String(value));
  }
  throw new DicomError("bad-file", "Cannot make data set: a value is neither text nor items");
}

function itemOf(item: unknown): NewDataSet {
  if (typeof item === "object" && item !== null && !Array.isArray(item)) return newDataSetOf(item);
  throw new DicomError("bad-file", "Cannot make data set: an item is no object");
}
