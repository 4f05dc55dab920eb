import assert from "node:assert/strict";
import { createTestClock } from "../../tests/support/clock.ts";
import type { FileWriter } from "./writer.ts";
import { createWorkerWriter } from "./worker_writer.ts";

const sharedBytes = (length: number) => new Uint8Array(new SharedArrayBuffer(length)).fill(7);

async function withWriter(
  run: (
    writer: FileWriter,
    root: string,
    clock: ReturnType<typeof createTestClock>,
  ) => Promise<void>,
): Promise<void> {
  const root = await Deno.makeTempDir();
  const clock = createTestClock();
  try {
    await using writer = createWorkerWriter({ clock, root });
    await run(writer, root, clock);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

Deno.test("a worker writes what was handed over, in its order, and hashes it", async () => {
  await withWriter(async (writer, root) => {
    const file = writer.begin(`${root}/a`);
    file.push(sharedBytes(300_000));
    await file.write(new Uint8Array([1, 2, 3]));
    const { sha256, flushed } = file.end(sharedBytes(5), true);
    const digest = await sha256;
    await flushed;
    const bytes = await Deno.readFile(`${root}/a`);
    assert.equal(bytes.length, 300_008);
    assert.deepEqual([...bytes.subarray(299_999)], [7, 1, 2, 3, 7, 7, 7, 7, 7]);
    const expected = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
    assert.equal(digest, expected.toHex());
  });
});

Deno.test("a failure is told by the next write and by the end, and other files go on", async () => {
  await withWriter(async (writer, root) => {
    const lost = writer.begin(`${root}/missing/a`);
    const good = writer.begin(`${root}/b`);
    lost.push(sharedBytes(10));
    await assert.rejects(lost.write(sharedBytes(10)), { code: "cannot-write" });
    const { sha256, flushed } = lost.end(sharedBytes(10), true);
    await Promise.all([
      assert.rejects(sha256, { code: "cannot-write" }),
      assert.rejects(flushed, { code: "cannot-write" }),
    ]);
    await good.end(sharedBytes(10), false).flushed;
    assert.equal((await Deno.stat(`${root}/b`)).size, 10);
  });
});

Deno.test("a file may be written nowhere but below the root, and none over another", async () => {
  await withWriter(async (writer, root) => {
    const outside = await Deno.makeTempDir();
    await Deno.writeTextFile(`${root}/there`, "as it was");
    for (const path of [`${outside}/a`, `${root}/there`]) {
      await assert.rejects(writer.begin(path).write(sharedBytes(1)), { code: "cannot-write" });
    }
    assert.equal(await Deno.readTextFile(`${root}/there`), "as it was");
    await Deno.remove(outside, { recursive: true });
  });
});

Deno.test("rename() takes those that are there, at once when the writer is closed", async () => {
  await withWriter(async (writer, root) => {
    await Deno.writeTextFile(`${root}/a.part`, "a");
    const names = [{ from: `${root}/a.part`, to: `${root}/a` }, {
      from: `${root}/x`,
      to: `${root}/y`,
    }];
    const renamed = Promise.all(names.map((name) => writer.rename(name)));
    await writer[Symbol.asyncDispose]();
    await renamed;
    assert.equal(await Deno.readTextFile(`${root}/a`), "a");
    await assert.rejects(Deno.stat(`${root}/y`), Deno.errors.NotFound);
  });
});

Deno.test("an idle thread ends, and the next file has another", async () => {
  await withWriter(async (writer, root, clock) => {
    for (const name of ["a", "b"]) {
      const { sha256, flushed } = writer.begin(`${root}/${name}`).end(sharedBytes(9), true);
      await Promise.all([sha256, flushed]);
      await Promise.resolve(); // the file is counted as closed
      await clock.advance(60_000);
      assert.equal(clock.pending, 0);
      assert.equal((await Deno.stat(`${root}/${name}`)).size, 9);
    }
  });
});
