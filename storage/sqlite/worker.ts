/// <reference lib="deno.worker" />
import { type OpenIndex, runAlone, runTogether } from "./calls.ts";
import { type Access, openDatabase } from "./database.ts";
import { createMethods } from "./methods.ts";
import { migrate } from "./migrations.ts";
import { type Answer, type Call, failureOf, type OpenMessage } from "./protocol.ts";

/** Runs the index beside the main thread, so that a slow flush or scan never holds the event loop. */

self.onmessage = ({ data }: MessageEvent<OpenMessage>) => {
  try {
    const index = open(data);
    self.onmessage = ({ data: calls }: MessageEvent<readonly Call[]>) =>
      serve(index, data.access, calls);
    answer([{ id: 0, value: undefined }]);
  } catch (error) {
    answer([{ id: 0, failure: failureOf(error) }]);
  }
};

function open({ path, access, flushed = true }: OpenMessage): OpenIndex {
  const db = openDatabase(path, access);
  if (!flushed) db.exec("PRAGMA synchronous = NORMAL");
  if (access === "read-write") migrate(db);
  return { db, methods: createMethods(db) };
}

/** An empty list of calls asks to close. */
function serve(index: OpenIndex, access: Access, calls: readonly Call[]): void {
  if (calls.length === 0) {
    index.db.close();
    answer([{ id: 0, value: undefined }]);
    self.close();
  } else if (access === "read-write") answer(runTogether(index, calls));
  else for (const call of calls) answer([runAlone(index, call)]);
}

function answer(answers: readonly Answer[]): void {
  self.postMessage(answers);
}
