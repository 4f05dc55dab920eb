import { allMetadata } from "../core/archive/metadata.ts";
import { type MainTags, METADATA, orthancDate, type Resource } from "../core/archive/resource.ts";
import type { Wanted } from "../core/archive/query.ts";
import { type ShownValue, showTags } from "../core/dicom/json/show.ts";
import type { Dialect, TagsJson } from "../core/dicom/json/tags.ts";
import type { Tag } from "../core/dicom/tag.ts";
import { DicomError } from "../core/errors.ts";
import { LEVEL_NAMES } from "./levels.ts";

/** Blocks of a resource that `response-content` may name. */
export const BLOCKS = [
  "MainDicomTags",
  "Metadata",
  "Children",
  "Parent",
  "Labels",
  "Status",
  "IsStable",
  "IsProtected",
  "Attachments",
] as const;

/** A block; the last two are what Orthanc shows of metadata and attachments when nothing is chosen. */
export type Block = (typeof BLOCKS)[number] | "LegacyMetadata" | "LegacyAttachments";

/** What is shown when nothing is chosen. */
export const DEFAULT_BLOCKS: ReadonlySet<Block> = new Set<Block>([
  ...BLOCKS.filter((block) => block !== "Metadata" && block !== "Attachments"),
  "LegacyMetadata",
  "LegacyAttachments",
]);

/** How a resource is to be shown. */
export interface Shape {
  readonly dialect: Dialect;
  readonly blocks: ReadonlySet<Block>;
  /** Names of the user's own metadata, by number. */
  readonly metadataNames: ReadonlyMap<number, string>;
}

/** @throws DicomError `bad-request` for a block that does not exist */
export function parseBlocks(names: readonly string[]): ReadonlySet<Block> {
  const known: readonly string[] = BLOCKS;
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) {
    throw new DicomError(
      "bad-request",
      `Cannot show "${unknown}": response-content is of ${BLOCKS.join(", ")}`,
    );
  }
  return new Set(names as Block[]); // each was just found among BLOCKS
}

/** What must be asked of the index for these blocks. */
export function wantedFor({ blocks }: Pick<Shape, "blocks">): Wanted {
  return {
    children: blocks.has("Children"),
    labels: blocks.has("Labels"),
    status: blocks.has("Status"),
  };
}

/** Orthanc's object of a resource; `requested` are the values of `RequestedTags`. */
export function resourceJson(
  resource: Resource,
  shape: Shape,
  requested?: ReadonlyMap<Tag, ShownValue>,
): Readonly<Record<string, unknown>> {
  const parts: Record<string, unknown> = { ID: resource.id, Type: resource.level };
  for (const block of shape.blocks) Object.assign(parts, SHOW[block](resource, shape));
  if (requested) parts.RequestedTags = showTags(requested, shape.dialect);
  return Object.fromEntries(Object.entries(parts).sort(([a], [b]) => a < b ? -1 : 1));
}

type Show = (resource: Resource, shape: Shape) => Readonly<Record<string, unknown>>;

/** What each block adds to the object. */
const SHOW: Readonly<Record<Block, Show>> = {
  MainDicomTags: ({ tags, patientTags }, { dialect }) => ({
    MainDicomTags: mainTagsJson(tags, dialect),
    ...(patientTags && { PatientMainDicomTags: mainTagsJson(patientTags, dialect) }),
  }),

  Metadata: (resource, { metadataNames }) => ({ Metadata: metadataJson(resource, metadataNames) }),

  Children: ({ level, children }) => {
    const { childrenKey } = LEVEL_NAMES[level];
    return childrenKey && children ? { [childrenKey]: children } : {};
  },

  Parent: ({ level, parent }) => {
    const { parentKey } = LEVEL_NAMES[level];
    return parentKey ? { [parentKey]: parent } : {};
  },

  Labels: ({ labels }) => ({ Labels: labels ?? [] }),

  Status: ({ level, status, expectedInstances }) =>
    level === "Series" ? { Status: status, ExpectedNumberOfInstances: expectedInstances } : {},

  IsStable: ({ level, stable }) => level === "Instance" ? {} : { IsStable: stable },

  IsProtected: (resource) =>
    resource.level === "Patient" ? { IsProtected: resource.protected } : {},

  Attachments: ({ file }) => ({
    Attachments: file
      ? [{ Name: "dicom", ContentType: 1, Uuid: file.uuid, UncompressedSize: file.size }]
      : [],
  }),

  LegacyMetadata: ({ level, metadata, updatedAt, indexInSeries }) => ({
    ...(level === "Instance"
      ? { IndexInSeries: indexInSeries }
      : { LastUpdate: orthancDate(updatedAt) }),
    ...fromMetadata("AnonymizedFrom", metadata[METADATA.AnonymizedFrom]),
    ...fromMetadata("ModifiedFrom", metadata[METADATA.ModifiedFrom]),
  }),

  LegacyAttachments: ({ file }) => file ? { FileSize: file.size, FileUuid: file.uuid } : {},
};

function fromMetadata(key: string, value: string | undefined): Record<string, string> {
  return value === undefined ? {} : { [key]: value };
}

function mainTagsJson(tags: MainTags, dialect: Dialect): TagsJson {
  const values = Object.entries(tags).map(([hex, value]) => [parseInt(hex, 16), value] as const);
  return showTags(values, dialect);
}

/** Metadata by name, with those that the index keeps elsewhere. */
export function metadataJson(
  resource: Resource,
  names: ReadonlyMap<number, string>,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(allMetadata(resource)).map((
      [number, value],
    ) => [names.get(Number(number)) ?? number, value]),
  );
}

/** Names of metadata by number: Orthanc's and the user's. */
export function metadataNames(
  user: Readonly<Record<string, number>>,
): ReadonlyMap<number, string> {
  const entries = [...Object.entries(METADATA), ...Object.entries(user)];
  return new Map(entries.map(([name, number]) => [number, name]));
}
