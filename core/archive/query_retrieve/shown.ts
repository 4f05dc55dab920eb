import type { ShownValue } from "../../dicom/json/show.ts";
import type { TagsJson } from "../../dicom/json/tags.ts";
import { findByTag } from "../../dicom/dictionary.ts";
import type { Attributes } from "../../dicom/key_matching.ts";
import { parseTag, type Tag } from "../../dicom/tag.ts";

/** Values away from their data set, as the index keeps them, to be matched and answered. */
export function attributesOfShown(values: ReadonlyMap<Tag, ShownValue>): Attributes {
  return {
    text(tag) {
      const value = values.get(tag);
      return typeof value === "string" ? value : undefined;
    },
    items(tag) {
      const value = values.get(tag);
      return typeof value === "string" ? undefined : value?.map(attributesOfJson);
    },
    tags: () => [...values.keys()].map(withVr),
  };
}

/** An item in the full dialect. */
function attributesOfJson(item: TagsJson): Attributes {
  const values = Object.entries(item).map(([key, shown]): [Tag, ShownValue] => {
    const { Value } = shown as { readonly Value: ShownValue }; // the full dialect, written by ourselves
    return [parseTag(key)!, Value];
  });
  return attributesOfShown(new Map(values));
}

function withVr(tag: Tag) {
  return { tag, vr: findByTag(tag)?.vr ?? "UN" } as const;
}
