import assert from "node:assert/strict";
import { openLocalIndex } from "../tests/support/index.ts";
import { openKeptFiles } from "./kept_files.ts";
import { createPaths } from "./paths.ts";
import { createLocalWriter } from "./writing/local_writer.ts";

/** A folder with a journal, in which kept files are opened one after the other. */
async function withPlace(
  run: (place: {
    readonly open: (syncDirectory?: () => Promise<void>) => ReturnType<typeof openKeptFiles>;
    readonly journal: ReturnType<typeof openLocalIndex>;
    readonly pathOf: ReturnType<typeof createPaths>;
    readonly uuid: string;
  }) => Promise<void>,
): Promise<void> {
  const root = await Deno.makeTempDir();
  await using journal = openLocalIndex();
  const pathOf = createPaths(root);
  const uuid = crypto.randomUUID();
  await Deno.mkdir(pathOf(uuid).directory, { recursive: true });
  try {
    await run({
      open: (syncDirectory = () => Promise.resolve()) =>
        openKeptFiles({ journal, pathOf, writer: createLocalWriter(), sync: true, syncDirectory }),
      journal,
      pathOf,
      uuid,
    });
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

const BYTES = new Uint8Array([1, 2, 3]);

Deno.test("keep(): the journal has the bytes, which become a file at the end", async () => {
  await withPlace(async ({ open, journal, pathOf, uuid }) => {
    {
      await using kept = await open();
      await kept.keep(uuid, BYTES);
      assert.deepEqual(await journal.keptFile(uuid), BYTES);
      assert.deepEqual(await kept.read(uuid), BYTES);
      await assert.rejects(Deno.stat(pathOf(uuid).final), Deno.errors.NotFound);
    }
    assert.deepEqual(await Deno.readFile(pathOf(uuid).final), BYTES);
    assert.deepEqual(await journal.keptFiles(), []);
  });
});

Deno.test("openKeptFiles() goes on with what an earlier process kept", async () => {
  await withPlace(async ({ open, journal, pathOf, uuid }) => {
    await journal.keepFile(uuid, BYTES);
    await Deno.writeFile(pathOf(uuid).staged, new Uint8Array(100)); // where that process was interrupted
    {
      await using kept = await open();
      assert.ok(kept.has(uuid));
      assert.deepEqual(await kept.read(uuid), BYTES);
    }
    assert.deepEqual(await Deno.readFile(pathOf(uuid).final), BYTES);
    await assert.rejects(Deno.stat(pathOf(uuid).staged), Deno.errors.NotFound);
  });
});

Deno.test("remove(): what was removed becomes no file, however far its writing is", async () => {
  for (let turns = 0; turns < 12; turns++) {
    await withPlace(async ({ open, journal, pathOf, uuid }) => {
      const kept = await open();
      await kept.keep(uuid, BYTES);
      const closing = kept[Symbol.asyncDispose]();
      for (let turn = 0; turn < turns; turn++) await Deno.stat(".");
      if (!kept.has(uuid)) return await closing; // it is a file by now
      await kept.remove([uuid]);
      await closing;
      await assert.rejects(Deno.stat(pathOf(uuid).final), Deno.errors.NotFound);
      assert.deepEqual(await journal.keptFiles(), []);
    });
  }
});

Deno.test("remove(): what is removed between its writing and its entry becomes no file either", async () => {
  await withPlace(async ({ open, pathOf, uuid }) => {
    const written: boolean[] = [];
    const kept = await open(async () => {
      written.push((await Deno.stat(pathOf(uuid).final)).isFile);
      await kept.remove([uuid]);
    });
    await kept.keep(uuid, BYTES);
    await kept[Symbol.asyncDispose]();
    assert.deepEqual(written, [true]);
    await assert.rejects(Deno.stat(pathOf(uuid).final), Deno.errors.NotFound);
  });
});

Deno.test("keep(): many bytes become files at once, and more than are bearable are not taken", async () => {
  await withPlace(async ({ open, journal, pathOf, uuid }) => {
    await using kept = await open();
    const large = new Uint8Array(8388608);
    await kept.keep(uuid, large);
    while ((await journal.keptFiles()).length > 0) await Deno.stat(".");
    assert.equal((await Deno.stat(pathOf(uuid).final)).size, large.length);
    assert.ok(!kept.full);
  });
});

Deno.test("keep(): what cannot be kept is not there, and what cannot become a file stays", async () => {
  await withPlace(async ({ open, journal, pathOf, uuid }) => {
    await Deno.remove(pathOf(uuid).directory);
    {
      await using kept = await open();
      await kept.keep(uuid, BYTES);
    }
    assert.deepEqual(await journal.keptFile(uuid), BYTES);
    await Deno.mkdir(pathOf(uuid).directory);
    await (await open())[Symbol.asyncDispose]();
    assert.deepEqual(await Deno.readFile(pathOf(uuid).final), BYTES);
  });
});
