import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { DicomError } from "../errors.ts";
import type { Clock, ResourceRef } from "../ports.ts";
import type {
  Annotations,
  ChangeOutcome,
  ChangeRequest,
  Precondition,
  Version,
} from "../ports/annotations.ts";
import { METADATA, type Metadata, orthancDate, type Resource } from "./resource.ts";

/** Metadata and attachments from this number on are the user's own … */
const FIRST_OF_USER = 1024;
/** … up to this one. */
const LAST_OF_USER = 65535;

/** What changing metadata needs. */
export interface MetadataPorts {
  readonly index: Pick<Annotations, "setMetadata" | "removeMetadata">;
  readonly clock: Clock;
  /** Whether a change must name the version that it replaces (option `CheckRevisions`). */
  readonly checkRevisions: boolean;
  /** Called after each change. */
  readonly changed: () => void;
}

/** Names metadata or an attachment to be changed, and the version that the client knows of it. */
export interface Target {
  readonly ref: ResourceRef;
  /** Number of the metadata or type of the attachment. */
  readonly key: number;
  readonly expected: Version | undefined;
}

/** Changing metadata; what the server itself keeps is refused. */
export type MetadataChanges = ReturnType<typeof createMetadataChanges>;

/** Makes the functions that change metadata. They fail with `forbidden`, `unknown-resource` or `revision`. */
export function createMetadataChanges(ports: MetadataPorts) {
  const { index, clock, checkRevisions, changed } = ports;
  const requestOf = (target: Target) => changeRequest(target, clock, checkRevisions);

  return {
    /** @returns the version that it has now */
    async set(target: Target, value: string): Promise<Version> {
      requireUserKey(target);
      const { revision } = doneOf(await index.setMetadata(requestOf(target), value), target);
      changed();
      return { revision, md5: md5OfText(value) };
    },

    async remove(target: Target): Promise<void> {
      requireUserKey(target);
      doneOf(await index.removeMetadata(requestOf(target)), target);
      changed();
    },
  };
}

/** The request to change `target` now. */
export function changeRequest(
  { ref, key, expected }: Target,
  clock: Clock,
  required: Precondition["required"],
): ChangeRequest {
  return { ref, key, condition: { expected, required }, at: clock.now() };
}

/** @throws DicomError `forbidden` unless metadata or attachments of this number are the user's own */
export function requireUserKey({ key }: Pick<Target, "key">): void {
  if (key >= FIRST_OF_USER && key <= LAST_OF_USER) return;
  throw new DicomError("forbidden", `Cannot change number ${key}: it is not the user's own`);
}

/**
 * What a change that was made came to.
 *
 * @throws DicomError `unknown-resource` or `revision` if it was not made
 */
export function doneOf(outcome: ChangeOutcome, { ref, key }: Target) {
  if (outcome.kind === "done") return outcome;
  const what = `${key} of ${ref.level} ${ref.id}`;
  throw outcome.kind === "unknown"
    ? new DicomError("unknown-resource", `Cannot change ${what}: it is not there`)
    : new DicomError("revision", `Cannot change ${what}: it is of another revision`);
}

/** All metadata of a resource, with those that the index keeps elsewhere. */
export function allMetadata(resource: Resource): Metadata {
  const { level, metadata, updatedAt, expectedInstances } = resource;
  return {
    ...metadata,
    ...(level !== "Instance" && { [METADATA.LastUpdate]: orthancDate(updatedAt) }),
    ...(typeof expectedInstances === "number" && {
      [METADATA.ExpectedNumberOfInstances]: String(expectedInstances),
    }),
  };
}

/** One metadata of a resource with its version; undefined if it is not set. */
export function metadataOf(
  resource: Resource,
  key: number,
): (Version & { readonly value: string }) | undefined {
  const value = allMetadata(resource)[key];
  if (value === undefined) return undefined;
  return { value, revision: resource.revisions?.[key] ?? 0, md5: md5OfText(value) };
}

function md5OfText(text: string): string {
  return createHash("md5").update(Buffer.from(text, "utf8")).digest("hex");
}
