import assert from "node:assert/strict";
import { createTestClock } from "../tests/support/clock.ts";
import { openExportFolder } from "./export_folder.ts";

const NEVER = new AbortController().signal;
const PARTIAL = ".outpost-00000000-0000-4000-8000-000000000000.part";
const DAY_MS = 24 * 3600 * 1000;

async function start(now = Date.now()) {
  const path = await Deno.makeTempDir();
  return {
    path,
    folder: openExportFolder(path, createTestClock(now)),
    [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }),
  };
}

async function* pieces(...texts: readonly string[]) {
  for (const text of texts) yield await Promise.resolve(new TextEncoder().encode(text));
}

function namesIn(path: string): string[] {
  return [...Deno.readDirSync(path)].map(({ name }) => name).sort();
}

Deno.test("put() replaces a file whole", async () => {
  await using it = await start();
  await it.folder.put(["a", "b.dcm"], pieces("old and long"), NEVER);
  await it.folder.put(["a", "b.dcm"], pieces("n", "ew"), NEVER);
  assert.equal(await Deno.readTextFile(`${it.path}/a/b.dcm`), "new");
  assert.deepEqual(namesIn(`${it.path}/a`), ["b.dcm"]);
});

Deno.test("put() leaves the old file and no part of the new where it fails", async () => {
  await using it = await start();
  await it.folder.put(["b.dcm"], pieces("old"), NEVER);
  const bytes = (async function* () {
    yield* pieces("new");
    throw new Error("cut");
  })();
  await assert.rejects(it.folder.put(["b.dcm"], bytes, NEVER), /cut/);
  const aborted = AbortSignal.abort(new Error("enough"));
  await assert.rejects(it.folder.put(["b.dcm"], pieces("new"), aborted), /enough/);
  assert.equal(await Deno.readTextFile(`${it.path}/b.dcm`), "old");
  assert.deepEqual(namesIn(it.path), ["b.dcm"]);
});

Deno.test("put() sweeps what a process left behind that ended, and nothing younger", async () => {
  for (const [age, names] of [[DAY_MS + 60_000, ["b.dcm"]], [0, [PARTIAL, "b.dcm"]]] as const) {
    await using it = await start(Date.now() + age);
    await Deno.writeTextFile(`${it.path}/${PARTIAL}`, "x");
    await it.folder.put(["b.dcm"], pieces("new"), NEVER);
    assert.deepEqual(namesIn(it.path), names);
  }
});

Deno.test("open() and check() tell what is not there", async () => {
  await using it = await start();
  await it.folder.check();
  await assert.rejects(it.folder.open(["none"]), { code: "missing-file" });
  await assert.rejects(
    openExportFolder(`${it.path}/none`, createTestClock()).check(),
    { code: "cannot-write" },
  );
});
