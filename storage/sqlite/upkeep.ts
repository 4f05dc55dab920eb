import type { DatabaseSync } from "node:sqlite";
import type { FileExchange } from "../../core/ports/upkeep.ts";
import { createRefresh } from "./refresh.ts";

/** Files in the place of others. */
export function createUpkeep(db: DatabaseSync) {
  const { refresh } = createRefresh(db);
  const find = db.prepare(`SELECT resource, sha256 FROM file
    JOIN resource ON resource.id = file.resource WHERE uuid = ? AND public_id = ?`);
  const owed = db.prepare(`SELECT 1 FROM duty WHERE instance = ? AND sha256 = ?
    AND state NOT IN ('confirmed', 'cancelled', 'superseded')
    AND NOT (destination <> '' AND confirm = 'ack' AND state IN ('sent', 'unproven')) LIMIT 1`);
  const remove = db.prepare(`DELETE FROM file WHERE resource = ?`);
  const insert = db.prepare(
    `INSERT INTO file (resource, uuid, size, sha256, flushed) VALUES ($resource, $uuid, $size, $sha256, 1)`,
  );
  const mark = db.prepare(`INSERT OR IGNORE INTO obsolete_file VALUES (?)`);
  const unmark = db.prepare(`DELETE FROM obsolete_file WHERE uuid = ?`);

  return {
    exchangeFile({ before, instance }: FileExchange): boolean {
      const row = find.get(before, instance.ids.Instance);
      if (!row || owed.get(instance.ids.Instance, String(row.sha256))) return false;
      const resource = Number(row.resource);
      remove.run(resource);
      insert.run({ resource, ...instance.file });
      refresh(instance, ["Instance"]);
      mark.run(before);
      unmark.run(instance.file.uuid);
      return true;
    },
  };
}
