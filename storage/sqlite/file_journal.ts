import type { DatabaseSync } from "node:sqlite";

/** Which files may lack a row, and which rows are gone while their file may still be there. */
export function createFileJournal(db: DatabaseSync) {
  const open = db.prepare(`INSERT OR IGNORE INTO open_folder
    SELECT ?, coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'resource'), 0)`);
  const close = db.prepare(`DELETE FROM open_folder WHERE name = ?`);
  const folders = db.prepare(`SELECT name FROM open_folder ORDER BY name`);
  const known = db.prepare(`SELECT uuid FROM file
    WHERE resource > coalesce((SELECT min(since) FROM open_folder), 0)
    UNION ALL SELECT uuid FROM obsolete_file`);
  const obsolete = db.prepare(`SELECT uuid FROM obsolete_file`);
  const forget = db.prepare(`DELETE FROM obsolete_file WHERE uuid = ?`);

  return {
    openFolder: (name: string) => void open.run(name),
    closeFolder: (name: string) => void close.run(name),
    openFolders: () => folders.all().map((row) => String(row.name)),
    /** Files with a row that may lie in an open folder, and files to be removed. */
    knownFiles: () => known.all().map((row) => String(row.uuid)),
    obsoleteFiles: () => obsolete.all().map((row) => String(row.uuid)),
    forgetFiles: (uuids: readonly string[]) => uuids.forEach((uuid) => forget.run(uuid)),
  };
}
