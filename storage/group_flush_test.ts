import assert from "node:assert/strict";
import { openLocalIndex } from "../tests/support/index.ts";
import { openFolder } from "./folder.ts";
import type { FilePath } from "./paths.ts";
import { createGroupFlush } from "./group_flush.ts";

async function* once(text: string): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(new TextEncoder().encode(text));
}

Deno.test("createGroupFlush() flushes the directories of a moment once, and what is left when it ends", async () => {
  const root = await Deno.makeTempDir();
  const flushed: string[] = [];
  const syncDirectory = (path: string) => Promise.resolve(void flushed.push(path));
  const later = createGroupFlush({ syncDirectory, indexLog: `${root}/log-wal` });
  const path = (name: string) => ({
    final: `${root}/${name}`,
    staged: `${root}/${name}.part`,
    directory: root,
  });
  await Deno.writeTextFile(`${root}/a`, "a");
  await Deno.writeTextFile(`${root}/b.part`, "b");
  const both = [later.add(path("a")), later.add(path("b"))];
  assert.deepEqual(flushed, []);
  await Promise.all(both);
  assert.deepEqual(flushed, [root]);
  const last = later.add(path("gone"));
  await later[Symbol.asyncDispose]();
  await last;
  assert.deepEqual(flushed, [root, root]);
  await Deno.remove(root, { recursive: true });
});

Deno.test("createGroupFlush() tells everybody of the group that flushing failed", async () => {
  const syncDirectory = () => Promise.reject(new Error("no"));
  const later = createGroupFlush({ syncDirectory, indexLog: "/nowhere" });
  const path = { final: "/nowhere/a", staged: "/nowhere/a.part", directory: "/nowhere" };
  const results = await Promise.allSettled([later.add(path), later.add(path)]);
  assert.deepEqual(results.map(({ status }) => status), ["rejected", "rejected"]);
  await later[Symbol.asyncDispose]();
});

Deno.test("openFolder() with later commits without a flush, and names a file when it is durable", async () => {
  const root = await Deno.makeTempDir();
  const index = openLocalIndex();
  const added: (FilePath | undefined)[] = [];
  const flushed = Promise.withResolvers<void>();
  const later = {
    add(path?: FilePath) {
      added.push(path);
      return flushed.promise;
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
  {
    await using files = await openFolder({ root, journal: index, sync: true, later, small: 4 });
    const durable: (Promise<void> | undefined)[] = [];
    for (const text of ["abc", "a longer one"]) {
      await using staged = await files.stage(once(text));
      await staged.commit();
      durable.push(staged.durable?.());
    }
    assert.equal(added.length, 2);
    assert.equal(added[0], undefined, "a small one is in the index");
    assert.ok(
      await Deno.stat(added[1]!.staged),
      "a power cut now must leave nothing that looks whole",
    );
    flushed.resolve();
    await Promise.all(durable);
  }
  assert.ok(await Deno.stat(added[1]!.final));
  await index[Symbol.asyncDispose]();
  await Deno.remove(root, { recursive: true });
});
