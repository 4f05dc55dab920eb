import { DicomError } from "../errors.ts";
import type { Index, ResourceRef } from "../ports.ts";
import type { StorageKind } from "../ports/dicom_client.ts";
import { eachResource } from "./each_resource.ts";
import { everyResource, ROW_ONLY } from "./query.ts";
import { LEVELS, METADATA, type Resource } from "./resource.ts";

/** What is to be sent. */
export interface Sendable {
  readonly resources: readonly ResourceRef[];
  /** Public identifiers of all instances, each once. */
  readonly instances: readonly string[];
  /** What there is among them, each once. */
  readonly kinds: readonly StorageKind[];
}

/**
 * The instances of resources of any level, by their public identifiers.
 *
 * @throws DicomError `unknown-resource`
 */
export async function sendable(
  index: Pick<Index, "get" | "find">,
  ids: readonly string[],
): Promise<Sendable> {
  const resources: ResourceRef[] = [];
  const instances = new Set<string>();
  const kinds = new Map<string, StorageKind>();
  for (const id of ids) {
    const ref = await locate(index, id);
    resources.push(ref);
    for await (const instance of instancesOf(index, ref)) {
      instances.add(instance.id);
      const kind = kindOf(instance);
      if (kind) kinds.set(`${kind.sopClassUid} ${kind.transferSyntaxUid}`, kind);
    }
  }
  return { resources, instances: [...instances], kinds: [...kinds.values()] };
}

/** What an instance is stored as; undefined where the index does not know. */
export function kindOf({ metadata }: Pick<Resource, "metadata">): StorageKind | undefined {
  const sopClassUid = metadata[METADATA.SopClassUid];
  const transferSyntaxUid = metadata[METADATA.TransferSyntax];
  return sopClassUid === undefined || transferSyntaxUid === undefined
    ? undefined
    : { sopClassUid, transferSyntaxUid };
}

async function locate(index: Pick<Index, "get">, id: string): Promise<ResourceRef> {
  for (const level of LEVELS) {
    if (await index.get({ level, id }, ROW_ONLY)) return { level, id };
  }
  throw new DicomError("unknown-resource", `Cannot send ${id}: there is no such resource`);
}

async function* instancesOf(
  index: Pick<Index, "get" | "find">,
  ref: ResourceRef,
): AsyncGenerator<Resource> {
  if (ref.level !== "Instance") {
    yield* eachResource(index, { ...everyResource("Instance"), parent: ref }, ROW_ONLY);
    return;
  }
  const instance = await index.get(ref, ROW_ONLY);
  if (instance) yield instance;
}
