import assert from "node:assert/strict";
import { openLocalIndex } from "../tests/support/index.ts";
import { openFolder } from "./folder.ts";
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

Deno.test("openFolder() with later commits without a flush, and says when it is durable", async () => {
  const root = await Deno.makeTempDir();
  const index = openLocalIndex();
  const added: (string | undefined)[] = [];
  const later = {
    add(path?: { readonly final: string }) {
      added.push(path?.final);
      return Promise.resolve();
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
  {
    await using files = await openFolder({ root, journal: index, sync: true, later, small: 4 });
    for (const text of ["abc", "a longer one"]) {
      await using staged = await files.stage(once(text));
      await staged.commit();
      await staged.durable?.();
    }
  }
  assert.equal(added.length, 2);
  assert.equal(added[0], undefined, "a small one is in the index");
  assert.match(added[1] ?? "", new RegExp(`^${root}/`));
  await index[Symbol.asyncDispose]();
  await Deno.remove(root, { recursive: true });
});
