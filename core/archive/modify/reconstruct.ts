import type { Index, ResourceRef } from "../../ports.ts";
import { eachResource } from "../each_resource.ts";
import type { Modifier } from "../modify.ts";
import { everyResource, ROW_ONLY } from "../query.ts";
import { depthOf, LEVELS, type Resource } from "../resource.ts";

/** What reconstructing needs. */
export interface ReconstructPorts {
  readonly index: Pick<Index, "get" | "find">;
  readonly modifier: Pick<Modifier, "refresh">;
}

/**
 * Has the index know a resource, all below it and its parents as the files describe them; each series once by its first
 * instance. If `isLimited`, only the resource itself, by any of its instances.
 *
 * @throws DicomError `missing-file` or `bad-file`
 */
export async function reconstruct(
  { index, modifier }: ReconstructPorts,
  ref: ResourceRef,
  { isLimited }: { readonly isLimited: boolean },
): Promise<void> {
  const series = new Set<string | null>();
  for await (const { id, parent } of instancesOf(index, ref)) {
    if (isLimited) return await modifier.refresh(id, [ref.level]);
    const levels = series.has(parent) ? LEVELS.slice(depthOf("Instance")) : LEVELS;
    await modifier.refresh(id, levels);
    series.add(parent);
  }
}

async function* instancesOf(
  index: ReconstructPorts["index"],
  ref: ResourceRef,
): AsyncGenerator<Resource> {
  if (ref.level !== "Instance") {
    yield* eachResource(index, { ...everyResource("Instance"), parent: ref }, ROW_ONLY);
    return;
  }
  const instance = await index.get(ref, ROW_ONLY);
  if (instance) yield instance;
}
