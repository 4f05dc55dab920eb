import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { Query, Wanted } from "../../core/archive/query.ts";
import {
  depthOf,
  type Level,
  LEVELS,
  type Resource,
  seriesStatus,
  type StoredFile,
} from "../../core/archive/resource.ts";
import { TAG, tagHex } from "../../core/dicom/tag.ts";
import { normalize } from "../../core/dicom/match.ts";
import type {
  DistinctSource,
  Found,
  ResourceRef,
  Statistics,
  TreeStatistics,
} from "../../core/ports.ts";
import { alias, type Bound, fromClause, orderClause, whereClause } from "./conditions.ts";

/** Statements kept prepared; queries come in few forms. */
const KEPT_STATEMENTS = 200;

/** Reading resources. */
export function createFind(db: DatabaseSync) {
  const prepare = createStatementCache(db);

  function select(columns: string, query: Query): Record<string, unknown>[] {
    const where = whereClause(query);
    const values: Bound[] = [...where.values];
    let sql = `SELECT ${columns} FROM ${fromClause(query)} WHERE ${where.text}
      ORDER BY ${orderClause(query)}`;
    if (query.limit > 0 || query.since > 0) {
      sql += " LIMIT ? OFFSET ?";
      values.push(query.limit > 0 ? query.limit : -1, query.since);
    }
    return prepare(sql).all(...values);
  }

  return {
    find(query: Query, wanted: Wanted): Resource[] {
      return select(columns(query.level, wanted), query).map((row) => resourceOf(query.level, row));
    },

    findIds(query: Query): string[] {
      return select(`${alias(query.level)}.public_id`, query).map((row) => String(row.public_id));
    },

    count(query: Query): number {
      const where = whereClause(query);
      const sql = `SELECT count(*) AS n FROM ${fromClause(query)} WHERE ${where.text}`;
      return Number(prepare(sql).get(...where.values)!.n);
    },

    get({ level, id }: ResourceRef, wanted: Wanted): Resource | undefined {
      const row = alias(level);
      const sql = `SELECT ${columns(level, wanted)} FROM resource AS ${row}
        WHERE ${row}.level = ${depthOf(level)} AND ${row}.public_id = ?`;
      const found = prepare(sql).get(id);
      return found && resourceOf(level, found);
    },

    lookup(value: string): Found[] {
      return IDENTIFYING.flatMap(({ level, tag }) => {
        const rows = prepare(`SELECT public_id FROM search JOIN resource ON resource.id = resource
          WHERE tag = ? AND value = ? AND +level = ? AND json_extract(tags, ?) = ? ORDER BY public_id`)
          .all(tag, normalize(value), depthOf(level), `$."${tagHex(tag)}"`, value);
        return rows.map((row) => ({ level, id: String(row.public_id) }));
      });
    },

    distinct(ref: ResourceRef, level: Level, source: DistinctSource): string[] {
      const expression = "tag" in source
        ? `json_extract(${alias(level)}.tags, '$."${tagHex(source.tag)}"')`
        : `json_extract(${alias(level)}.metadata, '$."${source.metadata}"')`;
      const joins = [];
      for (let depth = depthOf(level) - 1; depth >= depthOf(ref.level); depth--) {
        joins.push(`JOIN resource AS r${depth} ON r${depth}.id = r${depth + 1}.parent`);
      }
      const top = alias(ref.level);
      const rows = prepare(`SELECT DISTINCT ${expression} AS value FROM resource AS ${alias(level)}
        ${joins.join(" ")} WHERE ${top}.level = ${depthOf(ref.level)} AND ${top}.public_id = ?
        AND value IS NOT NULL ORDER BY value`).all(ref.id);
      return rows.map((row) => String(row.value));
    },
  };
}

/** Counts and sizes. */
export function createStatistics(db: DatabaseSync) {
  const totals = db.prepare(`SELECT name, value FROM total`);
  const below = db.prepare(`WITH RECURSIVE tree(id, level) AS (
      SELECT id, level FROM resource WHERE level = ? AND public_id = ?
      UNION ALL SELECT resource.id, resource.level FROM resource JOIN tree ON parent = tree.id)
    SELECT tree.level AS level, count(*) AS n, coalesce(sum(size), 0) AS size, coalesce(sum(
      (SELECT sum(attachment.size) FROM attachment WHERE attachment.resource = tree.id)), 0) AS added
    FROM tree LEFT JOIN file ON file.resource = tree.id GROUP BY tree.level`);

  return {
    statistics(): Statistics {
      const value = new Map(totals.all().map((row) => [String(row.name), Number(row.value)]));
      return { count: countByLevel((depth) => value.get(String(depth))), size: value.get("size")! };
    },

    statisticsOf({ level, id }: ResourceRef): TreeStatistics | undefined {
      const rows = below.all(depthOf(level), id);
      if (rows.length === 0) return undefined;
      const count = countByLevel((depth) => rows.find((row) => row.level === depth)?.n);
      const dicomSize = rows.reduce((sum, row) => sum + Number(row.size), 0);
      const added = rows.reduce((sum, row) => sum + Number(row.added), 0);
      return { count, dicomSize, size: dicomSize + added };
    },
  };
}

function countByLevel(count: (depth: number) => unknown): Statistics["count"] {
  const entries = LEVELS.map((level, depth) => [level, Number(count(depth) ?? 0)] as const);
  return Object.fromEntries(entries) as Record<Level, number>;
}

/** Orthanc's /tools/lookup: the tags that identify a resource, and the level they name. */
const IDENTIFYING = [
  { level: "Patient", tag: TAG.patientId },
  { level: "Study", tag: TAG.studyInstanceUid },
  { level: "Study", tag: TAG.accessionNumber },
  { level: "Series", tag: TAG.seriesInstanceUid },
  { level: "Instance", tag: TAG.sopInstanceUid },
] as const satisfies readonly { level: Level; tag: number }[];

/** Statements by their text, the least recently made dropped first. */
function createStatementCache(db: DatabaseSync): (sql: string) => StatementSync {
  const cache = new Map<string, StatementSync>();
  return (sql) => {
    let statement = cache.get(sql);
    if (!statement) {
      statement = db.prepare(sql);
      if (cache.size >= KEPT_STATEMENTS) cache.delete(cache.keys().next().value!);
      cache.set(sql, statement);
    }
    return statement;
  };
}

/** What to select for resources of `level`. */
function columns(level: Level, wanted: Wanted): string {
  const row = alias(level);
  const list = [
    ...["public_id", "tags", "patient_tags", "metadata", "updated_at", "stable", "protected"],
    ...["expected", "index_in_series", "revisions"],
  ].map((name) => `${row}.${name} AS ${name}`);
  list.push(`(SELECT public_id FROM resource WHERE id = ${row}.parent) AS parent`);
  if (level === "Instance") {
    list.push(`(SELECT json_object('uuid', uuid, 'size', size, 'sha256', sha256)
      FROM file WHERE resource = ${row}.id) AS file`);
  }
  if (wanted.labels) {
    list.push(`(SELECT json_group_array(name) FROM label WHERE resource = ${row}.id) AS labels`);
  }
  if (wanted.children) {
    list.push(`(SELECT json_group_array(public_id) FROM
      (SELECT public_id FROM resource WHERE parent = ${row}.id ORDER BY public_id)) AS children`);
  }
  if (wanted.status && level === "Series") {
    list.push(`CASE WHEN ${row}.expected IS NULL THEN '[]' ELSE
      (SELECT json_group_array(index_in_series) FROM resource WHERE parent = ${row}.id)
      END AS indexes`);
  }
  return list.join(", ");
}

function resourceOf(level: Level, row: Record<string, unknown>): Resource {
  const parsed = (name: string) => JSON.parse(String(row[name]));
  const number = (name: string) => row[name] === null ? null : Number(row[name]);
  const expectedInstances = number("expected");
  return {
    id: String(row.public_id),
    level,
    parent: row.parent === null ? null : String(row.parent),
    tags: parsed("tags"),
    ...(level === "Study" && { patientTags: parsed("patient_tags") }),
    metadata: parsed("metadata"),
    ...(row.revisions !== null && { revisions: parsed("revisions") }),
    updatedAt: Number(row.updated_at),
    stable: row.stable === 1,
    protected: row.protected === 1,
    ...(row.labels !== undefined && { labels: parsed("labels") }),
    ...(row.children !== undefined && level !== "Instance" && { children: parsed("children") }),
    ...(level === "Series" && { expectedInstances }),
    ...(row.indexes !== undefined &&
      { status: seriesStatus(expectedInstances, parsed("indexes")) }),
    ...(level === "Instance" && {
      indexInSeries: number("index_in_series"),
      file: parsed("file") as StoredFile,
    }),
  };
}
