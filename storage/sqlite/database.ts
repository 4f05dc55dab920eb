import { DatabaseSync } from "node:sqlite";
import { type Matcher, matches } from "../../core/dicom/match.ts";

/** How a connection uses the index. */
export type Access = "read-write" | "read-only";

/**
 * Opens the index at `path`.
 *
 * WAL lets readers go on during a write; `synchronous = FULL` makes every commit survive a power cut. Small
 * pages, since a commit touches a dozen of them: half as many bytes are written as with 4096.
 */
export function openDatabase(path: string, access: Access = "read-write"): DatabaseSync {
  const db = new DatabaseSync(path, { readOnly: access === "read-only" });
  db.exec("PRAGMA busy_timeout = 10000");
  if (access === "read-write") {
    db.exec("PRAGMA page_size = 2048");
    db.exec("PRAGMA journal_mode = WAL");
    db.exec("PRAGMA synchronous = FULL");
    db.exec("PRAGMA journal_size_limit = 67108864");
    db.exec("PRAGMA foreign_keys = ON");
  }
  db.exec("PRAGMA cache_size = -8192");
  db.function("matches", { deterministic: true }, createValueTest());
  return db;
}

/** The second argument of the SQL function `matches(value, test)`, as JSON. */
export interface ValueTest {
  readonly matcher: Matcher;
  readonly caseSensitive: boolean;
}

/** The SQL function `matches`; a statement asks the same of all its rows, so the last test is kept. */
function createValueTest() {
  let json: unknown;
  let test: ValueTest;
  return (value: unknown, wanted: unknown): number => {
    if (typeof value !== "string") return 0;
    if (wanted !== json) {
      test = JSON.parse(String(wanted));
      json = wanted;
    }
    return matches(test.matcher, value, test.caseSensitive) ? 1 : 0;
  };
}

/** Runs `work` in one transaction: committed when it returns, rolled back when it throws. */
export function transaction<T>(db: DatabaseSync, work: () => T): T {
  db.exec("BEGIN IMMEDIATE");
  try {
    const result = work();
    db.exec("COMMIT");
    return result;
  } catch (error) {
    if (db.isTransaction) db.exec("ROLLBACK");
    throw error;
  }
}
