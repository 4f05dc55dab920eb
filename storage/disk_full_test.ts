import assert from "node:assert/strict";
import { openLocalIndex } from "../tests/support/index.ts";
import { openFolder } from "./folder.ts";

const MB = 1048576;

/** Runs `run` on a disk of 4 MB. @returns whether this system lets us have one */
async function onSmallDisk(run: (path: string) => Promise<void>): Promise<boolean> {
  const path = await Deno.makeTempDir();
  const mounted = await mount("mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", path);
  try {
    if (mounted) await run(path);
  } finally {
    if (mounted) await mount("umount", path);
    await Deno.remove(path, { recursive: true });
  }
  return mounted;
}

async function mount(program: string, ...args: string[]): Promise<boolean> {
  try {
    return (await new Deno.Command(program, { args, stderr: "null" }).output()).success;
  } catch {
    return false; // there is no such program
  }
}

async function* megabytes(count: number): AsyncGenerator<Uint8Array> {
  for (let number = 0; number < count; number++) yield await Promise.resolve(new Uint8Array(MB));
}

Deno.test("a full disk refuses what does not fit, keeps what is there, and goes on with less", async () => {
  const done = await onSmallDisk(async (root) => {
    await using journal = openLocalIndex();
    await using files = await openFolder({ root, journal, sync: true });
    await using small = await files.stage(megabytes(2));
    await small.commit();
    await assert.rejects(files.stage(megabytes(8)), { code: "storage-full" });
    await using open = await files.open(small.file.uuid);
    assert.equal(open.size, 2 * MB);
    await using another = await files.stage(megabytes(1));
    await another.commit();
  });
  if (!done) console.log("skipped: a small disk cannot be mounted here");
});
