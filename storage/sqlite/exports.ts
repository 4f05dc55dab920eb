import type { DatabaseSync } from "node:sqlite";
import { depthOf, LEVELS } from "../../core/archive/resource.ts";
import { TAG, tagHex } from "../../core/dicom/tag.ts";
import type { ResourceRef } from "../../core/ports.ts";
import type { Export, ExportsPage } from "../../core/ports/export_log.ts";

/** The tag that identifies a resource of each level, from the top. */
const IDENTIFYING = [
  ...[TAG.patientId, TAG.studyInstanceUid],
  ...[TAG.seriesInstanceUid, TAG.sopInstanceUid],
].map(tagHex);

/** The log of what was sent. */
export function createExports(db: DatabaseSync) {
  const chain = db.prepare(`WITH RECURSIVE above(level, tags, parent) AS (
      SELECT level, tags, parent FROM resource WHERE level = ? AND public_id = ?
      UNION ALL SELECT resource.level, resource.tags, resource.parent
      FROM resource JOIN above ON resource.id = above.parent)
    SELECT level, tags FROM above ORDER BY level`);
  const insert = db.prepare(
    `INSERT INTO export (level, public_id, remote, tags, at) VALUES (?, ?, ?, ?, ?)`,
  );
  const page = db.prepare(`SELECT * FROM export WHERE seq > ? ORDER BY seq LIMIT ?`);
  const newest = db.prepare(`SELECT * FROM export ORDER BY seq DESC LIMIT 1`);
  const clear = db.prepare(`DELETE FROM export`);

  return {
    logExports(refs: readonly ResourceRef[], remote: string, at: number): void {
      for (const { level, id } of refs) {
        const rows = chain.all(depthOf(level), id);
        if (rows.length === 0) continue;
        const identifiers = Object.fromEntries(rows.map((row) => {
          const depth = Number(row.level);
          return [LEVELS[depth], JSON.parse(String(row.tags))[IDENTIFYING[depth]!] ?? ""];
        }));
        insert.run(depthOf(level), id, remote, JSON.stringify(identifiers), at);
      }
    },

    exports(query: { readonly since: number; readonly limit: number } | "last"): ExportsPage {
      if (query === "last") return { exports: newest.all().map(exportOf), done: true };
      const rows = page.all(query.since, query.limit + 1);
      return {
        exports: rows.slice(0, query.limit).map(exportOf),
        done: rows.length <= query.limit,
      };
    },

    clearExports: () => void clear.run(),
  };
}

function exportOf(row: Record<string, unknown>): Export {
  return {
    seq: Number(row.seq),
    level: LEVELS[Number(row.level)]!,
    id: String(row.public_id),
    remote: String(row.remote),
    identifiers: JSON.parse(String(row.tags)),
    at: Number(row.at),
  };
}
