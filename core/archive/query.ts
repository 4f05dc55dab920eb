import type { Matcher } from "../dicom/match.ts";
import type { Tag } from "../dicom/tag.ts";
import type { Level } from "./resource.ts";

/** A condition on a main DICOM tag of the level asked for, or of a level above. */
export interface TagCondition {
  readonly tag: Tag;
  /** The level whose copy of the tag counts. */
  readonly level: Level;
  readonly matcher: Matcher;
  readonly caseSensitive: boolean;
}

/** A condition on metadata of the resource itself. */
export interface MetadataCondition {
  readonly key: number;
  readonly matcher: Matcher;
  readonly caseSensitive: boolean;
}

/** Which labels a resource must have. */
export interface LabelCondition {
  readonly labels: readonly string[];
  readonly constraint: "All" | "Any" | "None";
}

/** One key of an order: a main tag (at `level`) or metadata, compared as text or as a number. */
export type OrderKey =
  & { readonly as: "text" | "integer" | "float"; readonly descending: boolean }
  & (
    | { readonly kind: "tag"; readonly tag: Tag; readonly level: Level }
    | { readonly kind: "metadata"; readonly key: number }
  );

/** What the index can answer by itself; the one model behind /tools/find, lists and C-FIND. */
export interface Query {
  readonly level: Level;
  /** All must hold. */
  readonly tags: readonly TagCondition[];
  readonly metadata: readonly MetadataCondition[];
  /** Of the study or of the study above: a series with such a modality is in it (ModalitiesInStudy). */
  readonly modalities: Matcher | undefined;
  readonly labels: LabelCondition | undefined;
  /** Only resources below this one, which is of a level above. */
  readonly parent: { readonly level: Level; readonly id: string } | undefined;
  /** By identifier when empty. */
  readonly orderBy: readonly OrderKey[];
  /** In the order by identifier: only those behind this one, to read page by page. */
  readonly after: string;
  /** How many of the first to leave out. */
  readonly since: number;
  /** 0 for all. */
  readonly limit: number;
}

/** The query for every resource of `level`. */
export function everyResource(level: Level): Query {
  return {
    level,
    tags: [],
    metadata: [],
    modalities: undefined,
    labels: undefined,
    parent: undefined,
    orderBy: [],
    after: "",
    since: 0,
    limit: 0,
  };
}

/** The parts of a resource that cost a look-up of their own. */
export interface Wanted {
  readonly children: boolean;
  readonly labels: boolean;
  readonly status: boolean;
}

/** Nothing beyond the row of the resource itself. */
export const ROW_ONLY: Wanted = { children: false, labels: false, status: false };
/** Everything. */
export const WHOLE: Wanted = { children: true, labels: true, status: true };
