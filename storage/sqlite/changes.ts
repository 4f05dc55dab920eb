import type { DatabaseSync } from "node:sqlite";
import { type Level, LEVELS } from "../../core/archive/resource.ts";
import type { Change, ChangesPage, ChangesQuery, ChangeType } from "../../core/ports.ts";

/** Resources marked stable in one transaction; the rest follows in the next. */
const STABLE_BATCH = 500;

/** The log of changes, and the events that come of silence. */
export function createChanges(db: DatabaseSync) {
  const COLUMNS = `SELECT seq, type, level, public_id, at FROM change
    JOIN resource ON resource.id = change.resource
    WHERE (json_array_length(:types) = 0 OR type IN (SELECT value FROM json_each(:types)))`;
  const forward = db.prepare(`${COLUMNS} AND seq > :since ORDER BY seq LIMIT :limit`);
  const backward = db.prepare(
    `${COLUMNS} AND seq > :since AND seq <= :to ORDER BY seq DESC LIMIT :limit`,
  );
  const lastSeq = db.prepare(`SELECT seq FROM sqlite_sequence WHERE name = 'change'`);
  const clear = db.prepare(`DELETE FROM change`);
  const silent = db.prepare(`SELECT id, level FROM resource
    WHERE stable = 0 AND updated_at <= ? ORDER BY level DESC, updated_at, id LIMIT ${STABLE_BATCH}`);
  const settle = db.prepare(`UPDATE resource SET stable = 1 WHERE id = ?`);
  const log = db.prepare(`INSERT INTO change (type, resource, at) VALUES (?, ?, ?)`);
  const oldest = db.prepare(`SELECT min(updated_at) AS at FROM resource WHERE stable = 0`);

  return {
    changes({ since, to, limit, types }: ChangesQuery): ChangesPage {
      const more = { since, limit: limit + 1, types: JSON.stringify(types) };
      const rows = to === undefined ? forward.all(more) : backward.all({ ...more, to });
      const page = rows.slice(0, limit);
      if (to !== undefined) page.reverse();
      return {
        changes: page.map(changeOf),
        done: rows.length <= limit,
        lastSeq: Number(lastSeq.get()?.seq ?? 0),
      };
    },

    clearChanges(): void {
      clear.run();
    },

    markStable(before: number, now: number): number {
      const rows = silent.all(before);
      for (const { id, level } of rows) {
        settle.run(id as number);
        const type: ChangeType = `Stable${LEVELS[Number(level)] as Exclude<Level, "Instance">}`;
        log.run(type, id as number, now);
      }
      return rows.length;
    },

    oldestUnstable(): number | undefined {
      const at = oldest.get()?.at;
      return typeof at === "number" ? at : undefined;
    },
  };
}

function changeOf(row: Record<string, unknown>): Change {
  return {
    seq: Number(row.seq),
    type: row.type as ChangeType,
    level: LEVELS[Number(row.level)]!,
    id: String(row.public_id),
    at: Number(row.at),
  };
}
