import type { DatabaseSync } from "node:sqlite";
import { openDatabase } from "../../storage/sqlite/database.ts";
import { migrate, MIGRATIONS } from "../../storage/sqlite/migrations.ts";

/** Tables that triggers fill. */
const TOTALS = ["total", "duty_total"];

/**
 * Makes an index one of an earlier schema, with all that such a one can hold, as the server of that time has left it.
 *
 * @param version how many migrations it has seen, from 1
 */
export async function makeOlder(path: string, version: number): Promise<void> {
  const older = `${path}.older`;
  {
    using db = openDatabase(older);
    migrate(db, MIGRATIONS.slice(0, version));
    db.prepare("ATTACH ? AS newer").run(path);
    for (const table of tablesOf(db)) copyTable(db, table);
  }
  for (const suffix of ["-wal", "-shm"]) await Deno.remove(path + suffix).catch(() => {});
  await Deno.rename(older, path);
}

/** In the order in which they were made: a row comes after what it refers to. */
function tablesOf(db: DatabaseSync): string[] {
  const sql = "SELECT name FROM main.sqlite_schema WHERE type = 'table' ORDER BY rowid";
  return db.prepare(sql).all().map(({ name }) => String(name))
    .filter((name) => !name.startsWith("sqlite_") && !TOTALS.includes(name));
}

function copyTable(db: DatabaseSync, table: string): void {
  const [older, newer] = ["main", "newer"].map((schema) =>
    db.prepare(`PRAGMA ${schema}.table_info(${table})`).all().map(({ name }) => String(name))
  );
  const columns = older!.filter((name) => newer!.includes(name)).join();
  db.exec(`INSERT INTO main.${table} (${columns}) SELECT ${columns} FROM newer.${table}`);
}
