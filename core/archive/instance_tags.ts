import { type TagsJson, tagsJson, type TagsOptions } from "../dicom/json/tags.ts";
import { toDialect } from "../dicom/json/show.ts";
import { type ModuleName, MODULES } from "../dicom/modules.ts";
import { parseTag, TAG } from "../dicom/tag.ts";
import type { Index, ResourceRef } from "../ports.ts";
import type { InstanceReader } from "./instance_reader.ts";
import { eachResource } from "./each_resource.ts";
import { everyResource, ROW_ONLY } from "./query.ts";
import type { Resource } from "./resource.ts";

/** Makes the functions that look into the files of all instances of a resource. */
export function createInstanceTags({ index, reader }: { index: Index; reader: InstanceReader }) {
  /** The instances of a resource (or itself), by identifier. */
  async function* instancesOf(ref: ResourceRef): AsyncGenerator<Resource> {
    if (ref.level === "Instance") {
      const instance = await index.get(ref, ROW_ONLY);
      if (instance) yield instance;
    } else yield* eachResource(index, { ...everyResource("Instance"), parent: ref }, ROW_ONLY);
  }

  return {
    /** The tags of each instance, one after the other. */
    async *each(
      ref: ResourceRef,
      options: TagsOptions,
    ): AsyncGenerator<readonly [id: string, tags: TagsJson]> {
      for await (const { id, file } of instancesOf(ref)) {
        const dataSet = await reader.dataSet(file!.uuid, readOptions(options));
        yield [id, tagsJson(dataSet, options)];
      }
    },

    /** The texts that all instances have in common; no sequences. */
    async shared(ref: ResourceRef, options: TagsOptions): Promise<TagsJson> {
      let common: TagsJson | undefined;
      for await (const { file } of instancesOf(ref)) {
        const dataSet = await reader.dataSet(file!.uuid, readOptions(options));
        const full = tagsJson(dataSet, { ...options, dialect: "full" });
        common = common ? intersection(common, full) : textsOf(full);
        if (Object.keys(common).length === 0) break;
      }
      return toDialect(common ?? {}, options.dialect);
    },

    /** The attributes of one module, from the first instance. */
    async module(ref: ResourceRef, name: ModuleName, options: TagsOptions): Promise<TagsJson> {
      const wanted: ReadonlySet<number> = new Set(MODULES[name]);
      for await (const { file } of instancesOf(ref)) {
        const dataSet = await reader.dataSet(file!.uuid, {
          ...readOptions(options),
          keep: ({ tag, depth }) =>
            depth > 0 || wanted.has(tag) || tag === TAG.specificCharacterSet,
        });
        const full = tagsJson(dataSet, { ...options, dialect: "full" });
        const chosen = Object.entries(full).filter(([key]) => wanted.has(parseTag(key)!));
        return toDialect(Object.fromEntries(chosen), options.dialect);
      }
      return {};
    },
  };
}

/** How to read a file so that `options` can be met. */
export function readOptions({ ignoreLength }: TagsOptions): { readonly longTexts: boolean } {
  return { longTexts: (ignoreLength?.size ?? 0) > 0 };
}

function textsOf(full: TagsJson): TagsJson {
  const isText = (value: unknown) => (value as { Type: string }).Type === "String"; // the full dialect
  return Object.fromEntries(Object.entries(full).filter(([, value]) => isText(value)));
}

function intersection(common: TagsJson, other: TagsJson): TagsJson {
  const same = Object.entries(common).filter(([key, value]) => {
    const twin = other[key] as { Value: unknown } | undefined;
    return twin !== undefined && twin.Value === (value as { Value: unknown }).Value;
  });
  return Object.fromEntries(same);
}
