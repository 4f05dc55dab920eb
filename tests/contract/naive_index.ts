import type { OrderKey, Query } from "../../core/archive/query.ts";
import { type Level, LEVELS, type MainTags } from "../../core/archive/resource.ts";
import { type Matcher, matches } from "../../core/dicom/match.ts";
import { TAG, type Tag, tagHex } from "../../core/dicom/tag.ts";
import type { NewInstance, OverwritePolicy, ResourceRef, Statistics } from "../../core/ports.ts";

/** A resource as a test remembers it. */
export interface NaiveRow {
  readonly level: Level;
  readonly id: string;
  readonly parent: NaiveRow | undefined;
  readonly tags: MainTags;
  readonly patientTags: MainTags;
  readonly metadata: Readonly<Record<number, string>>;
  readonly labels: Set<string>;
  readonly file: NewInstance["file"] | undefined;
}

/** An index that is plainly right, and slow: it looks at every row. */
export class NaiveIndex {
  #rows: NaiveRow[] = [];

  /** Stores as `Index.store()` does with a durable file. */
  store(instance: NewInstance, policy: OverwritePolicy): string {
    const existing = this.row({ level: "Instance", id: instance.ids.Instance });
    if (existing) {
      const same = existing.file?.sha256 === instance.file.sha256;
      if (policy === "Never" || (policy === "IfChanged" && same)) {
        return same ? "duplicate" : "conflict";
      }
      this.remove(existing);
    }
    let parent: NaiveRow | undefined;
    for (const level of LEVELS) parent = this.#rowFor(instance, level, parent);
    return existing ? "replaced" : "stored";
  }

  /** Removes as `Index.remove()` does. */
  remove(ref: ResourceRef): boolean {
    const row = this.row(ref);
    if (!row) return false;
    this.#rows = this.#rows.filter((other) => !ancestry(other).includes(row));
    const { parent } = row;
    if (parent && !this.#rows.some((other) => other.parent === parent)) this.remove(parent);
    return true;
  }

  row({ level, id }: ResourceRef): NaiveRow | undefined {
    return this.#rows.find((row) => row.level === level && row.id === id);
  }

  /** All resources of a level by identifier. */
  rows(level: Level): NaiveRow[] {
    return this.#rows.filter((row) => row.level === level)
      .sort((a, b) => a.id < b.id ? -1 : 1);
  }

  /** Counts and sizes of `top` and all below it, or of everything. */
  statistics(top?: NaiveRow): Statistics {
    const rows = this.#rows.filter((row) => !top || ancestry(row).includes(top));
    const count = Object.fromEntries(
      LEVELS.map((level) => [level, rows.filter((row) => row.level === level).length]),
    ) as Record<Level, number>;
    return { count, size: rows.reduce((sum, { file }) => sum + (file?.size ?? 0), 0) };
  }

  find(query: Query): string[] {
    const found = this.rows(query.level).filter((row) => fits(row, query, this.rows("Series")));
    found.sort((a, b) => order(a, b, query.orderBy));
    const end = query.limit === 0 ? undefined : query.since + query.limit;
    return found.slice(query.since, end).map(({ id }) => id);
  }

  #rowFor(instance: NewInstance, level: Level, parent: NaiveRow | undefined): NaiveRow {
    const id = instance.ids[level];
    const known = this.row({ level, id });
    if (known) return known;
    const row: NaiveRow = {
      level,
      id,
      parent,
      tags: instance.tags[level],
      patientTags: instance.tags.Patient,
      metadata: instance.metadata[level],
      labels: new Set(),
      file: level === "Instance" ? instance.file : undefined,
    };
    this.#rows.push(row);
    return row;
  }
}

/** The row and all its parents. */
function ancestry(row: NaiveRow): NaiveRow[] {
  return row.parent ? [row, ...ancestry(row.parent)] : [row];
}

function fits(row: NaiveRow, query: Query, series: readonly NaiveRow[]): boolean {
  const { after, tags, metadata, labels, parent, modalities } = query;
  if (after !== "" && row.id <= after) return false;
  if (parent) {
    const above = ancestry(row).find(({ level }) => level === parent.level);
    if (above?.id !== parent.id) return false;
  }
  if (modalities && !series.some((other) => inStudy(row, other, modalities))) return false;
  if (labels) {
    const has = (label: string) => row.labels.has(label);
    const holds = {
      All: labels.labels.every(has),
      Any: labels.labels.some(has),
      None: !labels.labels.some(has),
    };
    if (!holds[labels.constraint]) return false;
  }
  return tags.every(({ level, tag, matcher, caseSensitive }) =>
    matches(matcher, valueOf(row, level, tag), caseSensitive)
  ) && metadata.every(({ key, matcher, caseSensitive }) =>
    matches(matcher, row.metadata[key], caseSensitive)
  );
}

/** Whether `series` lies in the study of `row` and has such a modality. */
function inStudy(row: NaiveRow, series: NaiveRow, modalities: Matcher): boolean {
  const study = ancestry(row).find(({ level }) => level === "Study");
  return series.parent === study &&
    matches(modalities, valueOf(series, "Series", TAG.modality), false);
}

function valueOf(row: NaiveRow, level: Level, tag: Tag): string | undefined {
  const ofPatient = level === "Patient" && row.level !== "Patient";
  const holder = ancestry(row).find((above) => above.level === (ofPatient ? "Study" : level));
  const value = (ofPatient ? holder?.patientTags : holder?.tags)?.[tagHex(tag)];
  return typeof value === "string" ? value : undefined;
}

/** Absent values first; equal ones by identifier. */
function order(a: NaiveRow, b: NaiveRow, keys: readonly OrderKey[]): number {
  for (const key of keys) {
    const sign = compare(keyOf(a, key), keyOf(b, key)) * (key.descending ? -1 : 1);
    if (sign !== 0) return sign;
  }
  return compare(a.id, b.id);
}

function keyOf(row: NaiveRow, key: OrderKey): string | number | undefined {
  const text = key.kind === "tag" ? valueOf(row, key.level, key.tag) : row.metadata[key.key];
  if (text === undefined || key.as === "text") return text;
  return (key.as === "integer" ? parseInt(text) : parseFloat(text)) || 0;
}

function compare<T extends string | number | undefined>(a: T, b: T): number {
  if (a === b) return 0;
  if (a === undefined || b === undefined) return a === undefined ? -1 : 1;
  return a < b ? -1 : 1;
}
