import type {
  LabelCondition,
  MetadataCondition,
  Query,
  TagCondition,
} from "../../core/archive/query.ts";
import { depthOf, type Level, METADATA } from "../../core/archive/resource.ts";
import { type Matcher, matches, normalize, upperEnd } from "../../core/dicom/match.ts";
import { TAG, type Tag, tagHex } from "../../core/dicom/tag.ts";
import { isSearchable, LONGEST_SEARCHED } from "./search_values.ts";
import type { ValueTest } from "./database.ts";

/** A value bound to a statement. */
export type Bound = string | number;

/** A piece of SQL with the values of its question marks. */
export interface Sql {
  readonly text: string;
  readonly values: readonly Bound[];
}

/** Joins pieces; none gives an empty piece. */
export function join(pieces: readonly Sql[], separator: string): Sql {
  return {
    text: pieces.map(({ text }) => text).join(separator),
    values: pieces.flatMap(({ values }) => values),
  };
}

/** Name of the row of `level` in a query: r0 for the patient to r3 for the instance. */
export function alias(level: Level): string {
  return `r${depthOf(level)}`;
}

/** The table of the level asked for, with its parents up to the highest that the query speaks of. */
export function fromClause(query: Query): string {
  const bottom = depthOf(query.level);
  const spoken = [
    ...query.tags.map(({ level }) => rowLevel(query.level, level)),
    ...query.orderBy.flatMap((key) => key.kind === "tag" ? [rowLevel(query.level, key.level)] : []),
    ...(query.parent ? [query.parent.level] : []),
    ...(query.modalities ? ["Study" as const] : []),
  ].map(depthOf);
  const joins = [`resource AS r${bottom}`];
  for (let depth = bottom - 1; depth >= Math.min(bottom, ...spoken); depth--) {
    joins.push(`JOIN resource AS r${depth} ON r${depth}.id = r${depth + 1}.parent`);
  }
  return joins.join(" ");
}

/** All conditions of a query. */
export function whereClause(query: Query): Sql {
  const row = alias(query.level);
  // "+" keeps SQLite from walking through the whole level where something narrower leads to the rows.
  const narrow = query.parent !== undefined || query.tags.some(isSearched);
  const pieces: Sql[] = [
    { text: `${narrow ? "+" : ""}${row}.level = ${depthOf(query.level)}`, values: [] },
    ...query.tags.map((condition) => tagCondition(query.level, condition)),
    ...query.metadata.map((condition) => metadataCondition(row, condition)),
  ];
  if (query.after !== "") pieces.push({ text: `${row}.public_id > ?`, values: [query.after] });
  if (query.modalities) pieces.push(modalitiesCondition(query.modalities));
  if (query.labels) pieces.push(labelCondition(row, query.labels));
  if (query.parent) {
    const { level, id } = query.parent;
    const parent = alias(level);
    pieces.push({
      text: `${parent}.level = ${depthOf(level)} AND ${parent}.public_id = ?`,
      values: [id],
    });
  }
  return join(pieces, " AND ");
}

/** The order asked for; equal resources by identifier, so that pages never overlap. */
export function orderClause(query: Query): string {
  const row = alias(query.level);
  const keys = query.orderBy.map((key) => {
    const expression = key.kind === "tag"
      ? tagExpression(query.level, key.level, key.tag)
      : metadataExpression(row, key.key);
    const typed = {
      text: expression,
      integer: `CAST(${expression} AS INTEGER)`,
      float: `CAST(${expression} AS REAL)`,
    };
    return `${typed[key.as]} ${key.descending ? "DESC" : "ASC"}`;
  });
  return [...keys, `${row}.public_id`].join(", ");
}

/** Below patients, the patient's tags are those that the study holds. */
function rowLevel(queried: Level, level: Level): Level {
  return level === "Patient" && queried !== "Patient" ? "Study" : level;
}

/** The text of a main tag. `tag` is a number, so the path is safe to write out. */
function tagExpression(queried: Level, level: Level, tag: Tag): string {
  const column = level === "Patient" && queried !== "Patient" ? "patient_tags" : "tags";
  return `json_extract(${alias(rowLevel(queried, level))}.${column}, '$."${tagHex(tag)}"')`;
}

/** The text of metadata `key`; LastUpdate is not kept with the rest. */
function metadataExpression(row: string, key: number): string {
  if (key === METADATA.LastUpdate) {
    return `strftime('%Y%m%dT%H%M%S', ${row}.updated_at / 1000, 'unixepoch')`;
  }
  return `json_extract(${row}.metadata, '$."${Math.trunc(key)}"')`;
}

function tagCondition(queried: Level, condition: TagCondition): Sql {
  const { level, tag, matcher, caseSensitive } = condition;
  const exact = valueCondition(tagExpression(queried, level, tag), matcher, caseSensitive);
  if (!isSearched(condition)) return exact;
  const matched = searchCondition(matcher);
  const indexed: Sql = {
    text: `${alias(rowLevel(queried, level))}.id IN
      (SELECT resource FROM search WHERE tag = ${tag} AND ${matched.text})`,
    values: matched.values,
  };
  return caseSensitive ? join([indexed, exact], " AND ") : indexed;
}

/** Whether the table `search` knows the answer; it does not tell empty from absent. */
function isSearched({ level, tag, matcher }: TagCondition): boolean {
  return isSearchable(level, tag) && matcher.kind !== "present" && !matches(matcher, "", false);
}

function metadataCondition(row: string, { key, matcher, caseSensitive }: MetadataCondition): Sql {
  return valueCondition(metadataExpression(row, key), matcher, caseSensitive);
}

/** A condition on a value that no index knows; the core's own `matches()` decides. */
function valueCondition(expression: string, matcher: Matcher, caseSensitive: boolean): Sql {
  if (matcher.kind === "present") return { text: `${expression} IS NOT NULL`, values: [] };
  return {
    text: `matches(${expression}, ?)`,
    values: [JSON.stringify({ matcher, caseSensitive } satisfies ValueTest)],
  };
}

/** The same as `matches()` without regard to case, on the normalized values of the table `search`. */
function searchCondition(matcher: Matcher): Sql {
  switch (matcher.kind) {
    case "present":
      return { text: "TRUE", values: [] };
    case "equal": {
      const values = matcher.values.map(normalize);
      return {
        text: "value IN (SELECT value FROM json_each(?))",
        values: [JSON.stringify(values)],
      };
    }
    case "wildcard":
      return globCondition(normalize(matcher.pattern));
    case "range": {
      const { from, to } = matcher;
      const pieces: Sql[] = [{ text: "value <> ''", values: [] }];
      if (from !== undefined) pieces.push({ text: "value >= ?", values: [from] });
      if (to !== undefined) pieces.push({ text: "value < ?", values: [upperEnd(to)] });
      return join(pieces, " AND ");
    }
  }
}

/** SQLite's GLOB knows `*` and `?` as DICOM does; the text before them bounds the search. */
function globCondition(pattern: string): Sql {
  if (pattern.replaceAll("*", "").length > LONGEST_SEARCHED) return { text: "FALSE", values: [] };
  const glob = pattern.replaceAll("[", "[[]");
  const prefix = /^[^*?]*/.exec(pattern)![0];
  if (prefix === "") return { text: "value GLOB ?", values: [glob] };
  return {
    text: "value >= ? AND value < ? AND value GLOB ?",
    values: [prefix, upperEnd(prefix), glob],
  };
}

function modalitiesCondition(matcher: Matcher): Sql {
  const modality = `json_extract(series.tags, '$."${tagHex(TAG.modality)}"')`;
  const { text, values } = valueCondition(modality, matcher, false);
  const study = alias("Study");
  return {
    text: `EXISTS (SELECT 1 FROM resource AS series WHERE series.parent = ${study}.id AND ${text})`,
    values,
  };
}

function labelCondition(row: string, { labels, constraint }: LabelCondition): Sql {
  const among = `SELECT count(*) FROM label WHERE label.resource = ${row}.id AND name IN
    (SELECT value FROM json_each(?))`;
  const wanted = { All: `= ${new Set(labels).size}`, Any: "> 0", None: "= 0" }[constraint];
  return { text: `(${among}) ${wanted}`, values: [JSON.stringify(labels)] };
}
