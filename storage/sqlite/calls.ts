import type { DatabaseSync } from "node:sqlite";
import { transaction } from "./database.ts";
import type { StorageIndex, Synchronous } from "./methods.ts";
import { type Answer, type Call, failureOf } from "./protocol.ts";

/** An open database with what can be asked of it. */
export interface OpenIndex {
  readonly db: DatabaseSync;
  readonly methods: Synchronous<StorageIndex>;
}

/** One transaction, one flush, for all calls of a moment; a failing call leaves the others alone. */
export function runTogether(index: OpenIndex, calls: readonly Call[]): Answer[] {
  try {
    return transaction(index.db, () => calls.map((call) => runInSavepoint(index, call)));
  } catch (error) {
    const failure = failureOf(error, true);
    return calls.map(({ id }) => ({ id, failure }));
  }
}

/** A call that only reads. */
export function runAlone(index: OpenIndex, call: Call): Answer {
  try {
    return run(index, call);
  } catch (error) {
    return { id: call.id, failure: failureOf(error) };
  }
}

function runInSavepoint(index: OpenIndex, call: Call): Answer {
  const { db } = index;
  db.exec("SAVEPOINT call");
  try {
    const answer = run(index, call);
    db.exec("RELEASE call");
    return answer;
  } catch (error) {
    if (!db.isTransaction) throw error; // SQLite has rolled all of it back, as it does on a full disk
    db.exec("ROLLBACK TO call; RELEASE call");
    return { id: call.id, failure: failureOf(error, true) };
  }
}

function run({ methods }: OpenIndex, { id, method, args }: Call): Answer {
  const call = methods[method] as (...args: readonly unknown[]) => unknown;
  return { id, value: call(...args) };
}
