import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { migrate } from "./migrations.ts";
import { openWorkerIndex } from "./worker_index.ts";

const OLD = ["CREATE TABLE a (x TEXT)", "INSERT INTO a VALUES ('kept')"];
const NEW = [...OLD, "ALTER TABLE a ADD COLUMN y INTEGER DEFAULT 7"];

function version(db: DatabaseSync): unknown {
  return db.prepare("PRAGMA user_version").get()?.user_version;
}

Deno.test("migrate() applies what is missing, once, and keeps what is there", () => {
  using db = new DatabaseSync(":memory:");
  migrate(db, OLD);
  assert.equal(version(db), 2);
  migrate(db, NEW);
  migrate(db, NEW);
  assert.equal(version(db), 3);
  assert.deepEqual({ ...db.prepare("SELECT x, y FROM a").get() }, { x: "kept", y: 7 });
  assert.equal(db.prepare("SELECT count(*) AS n FROM a").get()?.n, 1);
});

Deno.test("migrate() undoes a step that fails, and keeps those before it", () => {
  using db = new DatabaseSync(":memory:");
  const failing = [...OLD, "INSERT INTO a VALUES ('lost'); INSERT INTO nowhere VALUES (1)"];
  assert.throws(() => migrate(db, failing));
  assert.equal(version(db), 2);
  assert.equal(db.prepare("SELECT count(*) AS n FROM a").get()?.n, 1);
  migrate(db, NEW);
  assert.equal(version(db), 3);
});

Deno.test("migrate() refuses what a newer version wrote", () => {
  using db = new DatabaseSync(":memory:");
  migrate(db, NEW);
  assert.throws(() => migrate(db, OLD), { code: "database-version" });
  assert.equal(version(db), 3);
});

Deno.test("openWorkerIndex() refuses what is newer, and what is no database", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const newer = new DatabaseSync(`${folder}/newer`);
    newer.exec("PRAGMA user_version = 9999");
    newer.close();
    await assert.rejects(openWorkerIndex(`${folder}/newer`), { code: "database-version" });
    await Deno.writeTextFile(`${folder}/text`, "no database ".repeat(1000));
    await assert.rejects(openWorkerIndex(`${folder}/text`), { code: "database" });
    await assert.rejects(openWorkerIndex(`${folder}/absent/index`), { code: "database" });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
