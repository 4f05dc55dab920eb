import type { DatabaseSync } from "node:sqlite";
import type { UnflushedRow } from "../../core/ports.ts";

/** Small files, which files may lack a row, and which rows are gone while their file may still be there. */
export function createFileJournal(db: DatabaseSync) {
  const open = db.prepare(`INSERT OR IGNORE INTO open_folder VALUES (?)`);
  const close = db.prepare(`DELETE FROM open_folder WHERE name = ?`);
  const folders = db.prepare(`SELECT name FROM open_folder ORDER BY name`);
  const known = db.prepare(`SELECT uuid FROM file WHERE uuid >= :first AND uuid < :end
    UNION ALL SELECT uuid FROM attachment WHERE uuid >= :first AND uuid < :end
    UNION ALL SELECT uuid FROM obsolete_file WHERE uuid >= :first AND uuid < :end`);
  const unflushed = db.prepare(`SELECT resource, public_id, uuid, size, sha256 FROM file
    JOIN resource ON resource.id = file.resource WHERE flushed = 0 ORDER BY resource`);
  const markFlushed = db.prepare(`UPDATE file SET flushed = 1 WHERE resource = ?`);
  const obsolete = db.prepare(`SELECT uuid FROM obsolete_file`);
  const keep = db.prepare(`INSERT OR REPLACE INTO kept_file VALUES (?, ?)`);
  const kept = db.prepare(`SELECT bytes FROM kept_file WHERE uuid = ?`);
  const allKept = db.prepare(`SELECT uuid FROM kept_file ORDER BY uuid`);
  const drop = db.prepare(`DELETE FROM kept_file WHERE uuid = ?`);
  const forget = db.prepare(`DELETE FROM obsolete_file WHERE uuid = ?`);

  return {
    openFolder: (name: string) => void open.run(name),
    closeFolder: (name: string) => void close.run(name),
    openFolders: () => folders.all().map((row) => String(row.name)),
    /** Files that have a row or are to be removed, by the beginning of their UUID. */
    knownFiles: (prefix: string) =>
      known.all({ first: prefix, end: `${prefix}~` }).map((row) => String(row.uuid)),
    markFlushed: (row: number) => void markFlushed.run(row),
    unflushed: (): UnflushedRow[] =>
      unflushed.all().map((found) => ({
        row: Number(found.resource),
        id: String(found.public_id),
        file: {
          uuid: String(found.uuid),
          size: Number(found.size),
          sha256: String(found.sha256),
        },
      })),
    obsoleteFiles: () => obsolete.all().map((row) => String(row.uuid)),
    keepFile: (uuid: string, bytes: Uint8Array) => void keep.run(uuid, bytes),
    keptFile: (uuid: string) => kept.get(uuid)?.bytes as Uint8Array | undefined,
    keptFiles: () => allKept.all().map((row) => String(row.uuid)),
    dropKept: (uuids: readonly string[]) => uuids.forEach((uuid) => drop.run(uuid)),
    forgetFiles: (uuids: readonly string[]) => uuids.forEach((uuid) => forget.run(uuid)),
  };
}
