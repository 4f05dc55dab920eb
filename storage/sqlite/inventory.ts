import type { DatabaseSync } from "node:sqlite";
import { LEVELS } from "../../core/archive/resource.ts";
import type { FileRow } from "../../core/ports/inventory.ts";

/** What the index knows of files, to be compared with what there is. */
export function createFileRows(db: DatabaseSync) {
  const columns = (table: string) =>
    `SELECT uuid, size, sha256, level, public_id FROM ${table}
    JOIN resource ON resource.id = ${table}.resource WHERE uuid > :after`;
  const rows = db.prepare(`${columns("file")} UNION ALL ${columns("attachment")}
    ORDER BY uuid LIMIT :limit`);
  const check = db.prepare(`PRAGMA quick_check`);
  const checkKeys = db.prepare(`PRAGMA foreign_key_check`);
  const drop = db.prepare(`DELETE FROM attachment WHERE uuid = ?`);

  return {
    fileRows: (page: { readonly after: string; readonly limit: number }): FileRow[] =>
      rows.all({ ...page }).map((row) => ({
        uuid: String(row.uuid),
        size: Number(row.size),
        sha256: String(row.sha256),
        owner: { level: LEVELS[Number(row.level)]!, id: String(row.public_id) },
      })),

    faults(): string[] {
      const found = check.all().map((row) => String(row.quick_check)).filter((line) =>
        line !== "ok"
      );
      const dangling = checkKeys.all().map(({ table, rowid }) => `${table} ${rowid} has no parent`);
      return [...found, ...dangling];
    },

    dropAttachment: (uuid: string) => drop.run(uuid).changes > 0,
  };
}
