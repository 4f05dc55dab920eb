import assert from "node:assert/strict";
import { auditLines, openAuditFolder } from "./audit_folder.ts";

async function withFolder(work: (path: string) => Promise<void>) {
  const folder = await Deno.makeTempDir();
  try {
    await work(`${folder}/audit`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const KEPT = { keptBytes: 1e9 };
const linesOf = async (path: string, from = 1) => await Array.fromAsync(auditLines(path, from));
const numbered = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, at) => `line ${from + at}`);

Deno.test("openAuditFolder() goes on where it ended", async () => {
  await withFolder(async (path) => {
    {
      await using store = await openAuditFolder({ path, ...KEPT });
      assert.equal(await store.lastLine(), undefined);
      await store.append(["line 1", "line 2"], 1);
      await store.sync();
    }
    await using store = await openAuditFolder({ path, ...KEPT });
    assert.equal(await store.lastLine(), "line 2");
    await store.append(["line 3"], 3);
    assert.equal(await store.lastLine(), "line 3");
    assert.deepEqual(await linesOf(path), numbered(1, 3));
  });
});

Deno.test("openAuditFolder() cuts off what a crash has left of a line", async () => {
  await withFolder(async (path) => {
    const file = `${path}/000000000000001.jsonl`;
    await Deno.mkdir(path);
    for (
      const [left, last] of [["line 1\nli", "line 1"], ["li", undefined], ["", undefined]] as const
    ) {
      await Deno.writeTextFile(file, left);
      assert.deepEqual(await linesOf(path), last ? [last] : [], "nor is it shown before");
      await using store = await openAuditFolder({ path, ...KEPT });
      assert.equal(await store.lastLine(), last);
      await store.append(["next"], 2);
      assert.deepEqual(await linesOf(path), last ? [last, "next"] : ["next"]);
    }
  });
});

Deno.test("openAuditFolder() begins new files, and drops the oldest", async () => {
  await withFolder(async (path) => {
    await using store = await openAuditFolder({ path, keptBytes: 60, fileBytes: 20 });
    for (let number = 1; number <= 30; number++) await store.append([`line ${number}`], number);
    const kept = await linesOf(path);
    assert.deepEqual(kept, numbered(31 - kept.length, 30), "no hole");
    assert.ok(kept.length >= 4 && kept.length <= 9, String(kept.length));
    const last = await linesOf(path, 30);
    assert.ok(last.length <= 3, "only the files from the one with number 30 on are read");
    assert.equal(last.at(-1), "line 30");
  });
});

Deno.test("openAuditFolder() lets nobody else read", async () => {
  await withFolder(async (path) => {
    await using store = await openAuditFolder({ path, ...KEPT });
    await store.append(["line 1"], 1);
    const { mode } = await Deno.stat(`${path}/000000000000001.jsonl`);
    assert.equal(mode! & 0o077, 0);
    assert.equal((await Deno.stat(path)).mode! & 0o077, 0);
  });
});

Deno.test("openAuditFolder() says that it cannot write", async () => {
  await withFolder(async (path) => {
    await Deno.writeTextFile(path, "a file");
    await assert.rejects(openAuditFolder({ path, ...KEPT }), { code: "cannot-write" });
  });
});

Deno.test("auditLines() refuses a line without end, and finds nothing where nothing is", async () => {
  await withFolder(async (path) => {
    assert.deepEqual(await linesOf(path), []);
    await Deno.mkdir(path);
    await Deno.writeTextFile(`${path}/000000000000001.jsonl`, "x".repeat(400_000));
    await assert.rejects(linesOf(path), { code: "corrupted-file" });
  });
});
