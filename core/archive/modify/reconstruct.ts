import { DicomError } from "../../errors.ts";
import type { Index, ResourceRef } from "../../ports.ts";
import { eachResource } from "../each_resource.ts";
import type { Modifier } from "../modify.ts";
import { everyResource, ROW_ONLY } from "../query.ts";
import { depthOf, LEVELS, type Resource } from "../resource.ts";
import type { RenewFile } from "./renew_file.ts";

/** What reconstructing needs. */
export interface ReconstructPorts {
  readonly index: Pick<Index, "get" | "find">;
  readonly modifier: Pick<Modifier, "refresh">;
  readonly renewFile: RenewFile;
}

/** How much is done. */
export interface ReconstructOptions {
  /** Only the resource itself is described anew, by any of its instances. */
  readonly isLimited: boolean;
  /** Whether files get the form in which they would be stored today. */
  readonly files: boolean;
}

/**
 * Has the index know a resource, all below it and its parents as the files describe them; each series once by its first
 * instance.
 *
 * @throws DicomError `missing-file` or `bad-file`, or as `RenewFile`
 */
export async function reconstruct(
  ports: ReconstructPorts,
  ref: ResourceRef,
  { isLimited, files }: ReconstructOptions,
): Promise<void> {
  const series = new Set<string | null>();
  for await (const { id, parent } of instancesOf(ports.index, ref)) {
    if (files) await ports.renewFile(id);
    if (isLimited && series.size > 0) continue;
    const own = series.has(parent) ? LEVELS.slice(depthOf("Instance")) : LEVELS;
    await ports.modifier.refresh(id, isLimited ? [ref.level] : own);
    if (isLimited && !files) return;
    series.add(parent);
  }
}

/**
 * Reconstructs all that is stored. What fails leaves the rest alone.
 *
 * @throws DicomError the first failure, when all else is done
 */
export async function reconstructAll(
  ports: ReconstructPorts,
  options: ReconstructOptions,
): Promise<void> {
  const failures: DicomError[] = [];
  for await (const { id } of eachResource(ports.index, everyResource("Series"), ROW_ONLY)) {
    await reconstruct(ports, { level: "Series", id }, options).catch((error) => {
      if (!(error instanceof DicomError)) throw error;
      failures.push(error);
    });
  }
  if (failures[0]) throw failures[0];
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
