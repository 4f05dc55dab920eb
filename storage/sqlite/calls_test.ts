import assert from "node:assert/strict";
import { everyResource } from "../../core/archive/query.ts";
import { makeInstance } from "../../tests/support/index.ts";
import { type OpenIndex, runAlone, runTogether } from "./calls.ts";
import { openDatabase } from "./database.ts";
import { createMethods } from "./methods.ts";
import { migrate } from "./migrations.ts";
import { type Call, failureOf } from "./protocol.ts";

function open(): OpenIndex & Disposable {
  const db = openDatabase(":memory:");
  migrate(db);
  return { db, methods: createMethods(db), [Symbol.dispose]: () => db.close() };
}

/** Calls that store an instance each. */
function stores(...instances: string[]): Call[] {
  return instances.map((instance, at) => ({
    id: at + 1,
    method: "store",
    args: [makeInstance({ instance }), "Never", true],
  }));
}

Deno.test("runTogether(): a failing call leaves the others alone", () => {
  using index = open();
  const [first, second, third] = stores("1", "2", "3");
  const broken: Call = { id: 2, method: "store", args: [{ ids: second!.args }, "Never", true] };
  const answers = runTogether(index, [first!, broken, third!]);
  assert.deepEqual(answers.map((answer) => "failure" in answer), [false, true, false]);
  assert.equal(index.methods.count(everyResource("Instance")), 2);
});

Deno.test("runTogether(): what a failing call did is undone", () => {
  using index = open();
  index.db.exec(`CREATE TRIGGER refuse BEFORE INSERT ON file WHEN NEW.size = 13
    BEGIN SELECT RAISE(FAIL, 'thirteen'); END`);
  const args = [makeInstance({ patient: "P2", size: 13 }), "Never", true];
  const answers = runTogether(index, [...stores("1"), { id: 2, method: "store", args }]);
  assert.deepEqual(answers[1], {
    id: 2,
    failure: { code: "database", message: "Cannot use the index: thirteen" },
  });
  assert.deepEqual(index.methods.statistics().count, {
    Patient: 1,
    Study: 1,
    Series: 1,
    Instance: 1,
  });
});

Deno.test("runTogether(): when SQLite rolls everything back, every call has failed", () => {
  using index = open();
  index.db.exec(`CREATE TRIGGER refuse BEFORE INSERT ON file WHEN NEW.size = 13
    BEGIN SELECT RAISE(ROLLBACK, 'all of it'); END`);
  const [first, , third] = stores("1", "2", "3");
  const args = [makeInstance({ instance: "2", size: 13 }), "Never", true];
  const answers = runTogether(index, [first!, { id: 2, method: "store", args }, third!]);
  assert.deepEqual(answers.map((answer) => "failure" in answer), [true, true, true]);
  assert.equal(index.methods.statistics().count.Instance, 0);
  assert.equal(index.db.isTransaction, false);
});

Deno.test("runTogether(): a full disk is told as such, and nothing is left open", () => {
  using index = open();
  const pages = Number(index.db.prepare("PRAGMA page_count").get()!.page_count);
  index.db.exec(`PRAGMA max_page_count = ${pages + 2}`);
  const many = stores(...Array.from({ length: 200 }, (_, n) => `1.${n}`));
  const answers = runTogether(index, many);
  const codes = answers.map((answer) => "failure" in answer ? answer.failure.code : "stored");
  assert.ok(codes.includes("storage-full"));
  const stored = codes.filter((code) => code === "stored").length;
  assert.equal(index.methods.statistics().count.Instance, stored);
  index.db.exec("PRAGMA max_page_count = 100000");
  assert.ok("value" in runTogether(index, stores("2.1"))[0]!);
});

Deno.test("runAlone() tells a failure", () => {
  using index = open();
  const answer = runAlone(index, { id: 7, method: "find", args: [] });
  assert.ok("failure" in answer);
  assert.equal(answer.id, 7);
  assert.equal(answer.failure.code, "database");
});

Deno.test("what fails since the medium cannot be written says so, and works again when it can", () => {
  using index = open();
  index.db.exec("PRAGMA query_only = ON"); // SQLite calls it a readonly database, as it does a medium
  for (const answer of runTogether(index, stores("1", "2"))) {
    assert.deepEqual("failure" in answer && answer.failure, {
      code: "cannot-write",
      message: "Cannot write to the index: attempt to write a readonly database",
    });
  }
  index.db.exec("PRAGMA query_only = OFF");
  assert.ok(runTogether(index, stores("1", "2")).every((answer) => "value" in answer));
});

Deno.test("failureOf(): a medium that fails cannot be written, or cannot be used", () => {
  const codes = (text: string) => [
    failureOf(new Error(text), true).code,
    failureOf(new Error(text)).code,
  ];
  assert.deepEqual(codes("disk I/O error"), ["cannot-write", "database"]);
  assert.deepEqual(codes("unable to open database file"), ["cannot-write", "database"]);
  assert.deepEqual(codes("database or disk is full"), ["storage-full", "storage-full"]);
  assert.deepEqual(codes("database disk image is malformed"), ["database", "database"]);
});
