import assert from "node:assert/strict";
import { createDirectorySync } from "./directory_sync.ts";

async function withFolders(count: number, run: (paths: string[]) => Promise<void>): Promise<void> {
  const root = await Deno.makeTempDir();
  const paths = Array.from({ length: count }, (_, number) => `${root}/${number}`);
  for (const path of paths) await Deno.mkdir(path);
  try {
    await run(paths);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

Deno.test("createDirectorySync(): calls during a flush share the next one", async () => {
  await withFolders(1, async ([path]) => {
    using sync = createDirectorySync(true);
    const first = sync(path!);
    const second = sync(path!);
    assert.notEqual(first, second);
    assert.equal(sync(path!), second);
    await Promise.all([first, second]);
    assert.notEqual(sync(path!), second);
  });
});

Deno.test("createDirectorySync(): many directories at once, more than stay open", async () => {
  await withFolders(20, async (paths) => {
    using sync = createDirectorySync(true);
    for (let round = 0; round < 3; round++) {
      await Promise.all([...paths, ...paths, ...paths].map((path) => sync(path)));
    }
  });
});

Deno.test("createDirectorySync(): what is not there fails, each time, and can be made", async () => {
  await withFolders(1, async ([path]) => {
    using sync = createDirectorySync(true);
    const absent = `${path}/absent`;
    for (let time = 0; time < 2; time++) {
      await assert.rejects(Promise.all([sync(absent), sync(absent)]), Deno.errors.NotFound);
    }
    await Deno.mkdir(absent);
    await sync(absent);
  });
});

Deno.test("createDirectorySync(): without flushes nothing is opened", async () => {
  using sync = createDirectorySync(false);
  await sync("/nowhere/at/all");
});
