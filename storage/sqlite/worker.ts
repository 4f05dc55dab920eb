/// <reference lib="deno.worker" />
import type { DatabaseSync } from "node:sqlite";
import { type Access, openDatabase, transaction } from "./database.ts";
import { createMethods, type StorageIndex, type Synchronous } from "./methods.ts";
import { migrate } from "./migrations.ts";
import { type Answer, type Call, failureOf, type OpenMessage } from "./protocol.ts";

/** Runs the index beside the main thread, so that a slow flush or scan never holds the event loop. */

interface Connection {
  readonly db: DatabaseSync;
  readonly methods: Synchronous<StorageIndex>;
}

function open({ path, access }: OpenMessage): Connection {
  const db = openDatabase(path, access);
  if (access === "read-write") migrate(db);
  return { db, methods: createMethods(db) };
}

function run({ methods }: Connection, { id, method, args }: Call): Answer {
  const call = methods[method] as (...args: readonly unknown[]) => unknown;
  return { id, value: call(...args) };
}

/** Each call in a savepoint of its own: a failing one leaves the others alone. */
function runInSavepoint(connection: Connection, call: Call): Answer {
  const { db } = connection;
  db.exec("SAVEPOINT call");
  try {
    const answer = run(connection, call);
    db.exec("RELEASE call");
    return answer;
  } catch (error) {
    if (db.isTransaction) db.exec("ROLLBACK TO call; RELEASE call");
    return { id: call.id, failure: failureOf(error) };
  }
}

/** One transaction, one flush, for all calls of a moment. */
function runTogether(connection: Connection, calls: readonly Call[]): Answer[] {
  try {
    return transaction(connection.db, () => calls.map((call) => runInSavepoint(connection, call)));
  } catch (error) {
    const failure = failureOf(error);
    return calls.map(({ id }) => ({ id, failure }));
  }
}

function runAlone(connection: Connection, call: Call): Answer {
  try {
    return run(connection, call);
  } catch (error) {
    return { id: call.id, failure: failureOf(error) };
  }
}

const answer = (answers: readonly Answer[]) => self.postMessage(answers);

self.onmessage = ({ data }: MessageEvent<OpenMessage>) => {
  try {
    const connection = open(data);
    self.onmessage = ({ data: calls }: MessageEvent<readonly Call[]>) =>
      serve(connection, data.access, calls);
    answer([{ id: 0, value: undefined }]);
  } catch (error) {
    answer([{ id: 0, failure: failureOf(error) }]);
  }
};

/** An empty list of calls asks to close. */
function serve(connection: Connection, access: Access, calls: readonly Call[]): void {
  if (calls.length === 0) {
    connection.db.close();
    answer([{ id: 0, value: undefined }]);
    self.close();
  } else if (access === "read-write") answer(runTogether(connection, calls));
  else for (const call of calls) answer([runAlone(connection, call)]);
}
