import assert from "node:assert/strict";
import type { FolderJournal } from "./folder.ts";
import { createFolders } from "./folders.ts";

/** A journal that tells what it was told. */
function makeJournal() {
  const open = new Set<string>();
  const told: string[] = [];
  const journal: Pick<FolderJournal, "openFolder" | "closeFolder"> = {
    openFolder(name) {
      told.push(`open ${name}`);
      open.add(name);
      return Promise.resolve();
    },
    closeFolder(name) {
      told.push(`close ${name}`);
      open.delete(name);
      return Promise.resolve();
    },
  };
  return { journal, open, told };
}

async function withFolder(run: (root: string) => Promise<void>): Promise<void> {
  const root = await Deno.makeTempDir();
  try {
    await run(root);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

Deno.test("lease(): files of a moment share a folder, which the journal knows first", async () => {
  await withFolder(async (root) => {
    const { journal, open } = makeJournal();
    const folders = createFolders(root, journal, true);
    const leases = await Promise.all(Array.from({ length: 20 }, () => folders.lease()));
    assert.equal(open.size, 1);
    const [name] = open;
    for (const { uuid } of leases) {
      assert.match(uuid, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
      assert.equal(`${uuid.slice(0, 2)}/${uuid.slice(2, 4)}`, name);
    }
    assert.ok((await Deno.stat(`${root}/${name}`)).isDirectory);
    assert.equal(new Set(leases.map(({ uuid }) => uuid)).size, 20);
  });
});

Deno.test("lease(): a folder is closed when it is full and all its files have their rows", async () => {
  await withFolder(async (root) => {
    const { journal, told } = makeJournal();
    const folders = createFolders(root, journal, false);
    const leases = await Promise.all(Array.from({ length: 257 }, () => folders.lease()));
    const [last, ...others] = leases.slice(0, 256).reverse();
    for (const lease of others) await lease.release();
    assert.equal(told.filter((line) => line.startsWith("close")).length, 0);
    await last!.release();
    const [first, second, third] = told;
    assert.equal(told.length, 3);
    assert.notEqual(first, second);
    assert.equal(third, first!.replace("open", "close"));
  });
});

Deno.test("lease(): a folder that could not be made is not tried again for ever", async () => {
  await withFolder(async (root) => {
    const { journal } = makeJournal();
    let failures = 1;
    const folders = createFolders(root, {
      ...journal,
      openFolder: (name) =>
        failures-- > 0 ? Promise.reject(new Error("busy")) : journal.openFolder(name),
    }, true);
    await assert.rejects(folders.lease(), /busy/);
    assert.ok((await folders.lease()).uuid);
  });
});
