import type { Tag } from "./tag.ts";
import type { Vr } from "./vr.ts";

/** A data element to be written. */
export interface NewElement {
  readonly tag: Tag;
  readonly vr: Vr;
  /** Text (several values are separated by backslashes; numbers as text too), bytes as they are, or items. */
  readonly value: string | Uint8Array | readonly NewDataSet[];
}

/** A data set or item to be written; in any order, each tag once. */
export type NewDataSet = readonly NewElement[];
