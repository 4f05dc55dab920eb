import assert from "node:assert/strict";
import { openDisk, tryWrite } from "./disk.ts";

Deno.test("openDisk() tells the room, and holds some back until it is released", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const disk = openDisk(folder);
    const { free, total } = await disk.space();
    assert.ok(free > 0 && total >= free);
    await disk.takeBallast(3_000_000);
    const { size, blocks } = await Deno.stat(`${folder}/outpost.ballast`);
    assert.equal(size, 3_000_000);
    assert.ok(blocks! * 512 >= 3_000_000, "the file has holes");
    await disk.takeBallast(3_000_000);
    assert.equal(await disk.releaseBallast(), true);
    assert.equal(await disk.releaseBallast(), false);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("tryWrite() leaves nothing, and says when nothing can be written", async () => {
  const folder = await Deno.makeTempDir();
  await tryWrite(folder);
  assert.deepEqual([...Deno.readDirSync(folder)], []);
  await Deno.remove(folder);
  await assert.rejects(tryWrite(folder), { code: "cannot-write" });
});
