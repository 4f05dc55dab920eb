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
  options: ReconstructOptions,
): Promise<void> {
  for await (const failure of reconstructing(ports, ref, options)) if (failure) throw failure;
}

/** The same in pieces, one for each instance: yields why it could not be done, or undefined. */
export async function* reconstructing(
  { index, modifier, renewFile }: ReconstructPorts,
  ref: ResourceRef,
  { isLimited, files }: ReconstructOptions,
): AsyncGenerator<DicomError | undefined> {
  const series = new Set<string | null>();
  for await (const { id, parent } of instancesOf(index, ref)) {
    const own = series.has(parent) ? LEVELS.slice(depthOf("Instance")) : LEVELS;
    const levels = isLimited ? [ref.level] : own;
    const isDescribed = isLimited && series.size > 0;
    yield await failureOf(async () => {
      if (files) await renewFile(id);
      if (!isDescribed) await modifier.refresh(id, levels);
      series.add(parent);
    });
    if (isLimited && !files && series.size > 0) return;
  }
}

async function failureOf(work: () => Promise<void>): Promise<DicomError | undefined> {
  try {
    await work();
  } catch (error) {
    if (error instanceof DicomError) return error;
    throw error;
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
  let first: DicomError | undefined;
  for await (const { id } of eachResource(ports.index, everyResource("Series"), ROW_ONLY)) {
    for await (const failure of reconstructing(ports, { level: "Series", id }, options)) {
      first ??= failure;
    }
  }
  if (first) throw first;
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
