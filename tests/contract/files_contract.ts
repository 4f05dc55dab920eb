import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import fc from "fast-check";
import type { ByteSource } from "../../core/bytes/source.ts";
import { DicomError } from "../../core/errors.ts";
import type { StoredFile } from "../../core/archive/resource.ts";
import type { FileStore } from "../../core/ports.ts";

/** A place where files lie; it may be opened again. */
export interface FilesPlace extends AsyncDisposable {
  open(): Promise<FileStore & AsyncDisposable>;
}

/** What every implementation of `FileStore` must do. */
export function filesContract(name: string, create: () => Promise<FilesPlace>): void {
  const test = (title: string, run: (files: FileStore, place: FilesPlace) => Promise<void>) =>
    Deno.test(`${name}: ${title}`, async () => {
      await using place = await create();
      await using files = await place.open();
      await run(files, place);
    });

  test("what was committed is read as it was written, whatever the pieces", async (files) => {
    const anySizes = fc.array(fc.oneof(fc.nat(100), fc.nat(300_000)), { maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(anySizes, async (sizes) => {
        const bytes = content(sizes.reduce((sum, size) => sum + size, 0));
        await using staged = await files.stage(cut(bytes, sizes));
        assert.equal(staged.file.size, bytes.length);
        assert.equal(staged.file.sha256, sha256(bytes));
        await assertReads(staged.source, bytes);
        await staged.commit();
        await using open = await files.open(staged.file.uuid);
        await assertReads(open, bytes);
      }),
      { numRuns: 20 },
    );
  });

  test("what was staged and not committed is gone", async (files) => {
    let uuid: string;
    {
      await using staged = await files.stage(cut(content(10), [10]));
      ({ uuid } = staged.file);
    }
    await assert.rejects(files.open(uuid), { code: "missing-file" });
  });

  test("what is being committed can be read", async (files) => {
    await using staged = await files.stage(cut(content(10), [10]));
    const committed = staged.commit();
    for (let turn = 0; turn < 5; turn++) {
      await using open = await files.open(staged.file.uuid);
      assert.equal(open.size, 10);
    }
    await committed;
  });

  test("a body that fails leaves nothing, and is told as it failed", async (files, place) => {
    const failing = async function* () {
      yield content(1000);
      await Promise.resolve();
      throw new DicomError("network", "Cannot read body: the connection is closed");
    };
    await assert.rejects(files.stage(failing()), { code: "network" });
    assert.deepEqual(await orphans(place), []);
  });

  test("files are many at a time, each by itself", async (files) => {
    const uuids = await Promise.all(Array.from({ length: 600 }, async (_, number) => {
      await using staged = await files.stage(cut(content(number), [number]));
      await staged.commit();
      return staged.file.uuid;
    }));
    assert.equal(new Set(uuids).size, 600);
    for (const [number, uuid] of uuids.entries()) {
      await using open = await files.open(uuid);
      assert.equal(open.size, number);
    }
    await files.remove(uuids);
    for (const uuid of uuids) await assert.rejects(files.open(uuid), { code: "missing-file" });
  });

  test("remove() is done once, and forgives what is not there", async (files, place) => {
    await using staged = await files.stage(cut(content(10), [10]));
    await staged.commit();
    await files.remove([staged.file.uuid, crypto.randomUUID()]);
    await files.remove([staged.file.uuid]);
    await files.remove([]);
    await assert.rejects(files.open(staged.file.uuid), { code: "missing-file" });
    assert.deepEqual(await orphans(place), []);
  });

  test("remove() wins over a commit that is under way", async (files, place) => {
    for (let turns = 0; turns < 10; turns++) {
      await using staged = await files.stage(cut(content(10), [10]));
      const committed = staged.commit();
      for (let turn = 0; turn < turns; turn++) await Promise.resolve();
      await files.remove([staged.file.uuid]);
      await committed;
      await assert.rejects(files.open(staged.file.uuid), { code: "missing-file" });
    }
    assert.deepEqual(await orphans(place), []);
  });

  test("a name that is no UUID leads nowhere", async (files) => {
    for (const uuid of ["", "..", "../../etc/passwd", "a".repeat(36), `${crypto.randomUUID()}/x`]) {
      await assert.rejects(files.open(uuid), { code: "missing-file" });
    }
  });

  test(
    "recover() yields what was committed, with what it holds, and sweeps the rest",
    async (files, place) => {
      const bytes = content(5000);
      const kept = await storeBefore(place, bytes);
      await using lost = await files.stage(cut(bytes, [5000]));
      await using reopened = await place.open();
      const found = [];
      for await (const { file, source } of reopened.recover()) {
        await assertReads(source, bytes);
        await reopened.settle(file.uuid);
        found.push(file);
      }
      assert.deepEqual(found, [kept]);
      await assert.rejects(reopened.open(lost.file.uuid), { code: "missing-file" });
    },
  );

  for (const size of [10, 100_000]) {
    test(
      `settle() finishes a commit of ${size} bytes that was interrupted`,
      async (files, place) => {
        await using staged = await files.stage(cut(content(size), [size]));
        await staged.commit();
        await using reopened = await place.open();
        await reopened.settle(staged.file.uuid);
        assert.deepEqual(await orphans(place), [staged.file.uuid]);
        await using open = await reopened.open(staged.file.uuid);
        assert.equal(open.size, size);
      },
    );
  }

  test("a source may be read from many places at once", async (files) => {
    const bytes = content(100_000);
    await using staged = await files.stage(cut(bytes, [100_000]));
    await staged.commit();
    await using open = await files.open(staged.file.uuid);
    const starts = Array.from({ length: 50 }, (_, number) => (number * 7919) % bytes.length);
    const parts = await Promise.all(starts.map((at) => open.read(at, 100)));
    for (const [number, part] of parts.entries()) {
      const at = starts[number]!;
      assert.ok(part.length > 0);
      assert.deepEqual(part, bytes.subarray(at, at + part.length));
    }
  });
}

/** What an earlier process committed. */
async function storeBefore(place: FilesPlace, bytes: Uint8Array): Promise<StoredFile> {
  await using files = await place.open();
  await using staged = await files.stage(cut(bytes, [bytes.length]));
  await staged.commit();
  return staged.file;
}

/** UUIDs of files that lack a row. */
async function orphans(place: FilesPlace): Promise<string[]> {
  await using files = await place.open();
  return await Array.fromAsync(files.recover(), ({ file }) => file.uuid);
}

async function assertReads(source: ByteSource, bytes: Uint8Array): Promise<void> {
  assert.equal(source.size, bytes.length);
  for (let at = 0; at < bytes.length;) {
    const piece = await source.read(at, 70_000);
    assert.ok(piece.length > 0);
    assert.equal(sha256(piece), sha256(bytes.subarray(at, at + piece.length)));
    at += piece.length;
  }
  assert.equal((await source.read(bytes.length, 10)).length, 0);
}

function content(size: number): Uint8Array {
  return new Uint8Array(size).map((_, at) => at * 31 + (at >> 8));
}

async function* cut(bytes: Uint8Array, sizes: readonly number[]): AsyncGenerator<Uint8Array> {
  let at = 0;
  for (const size of sizes) yield bytes.subarray(at, at += size);
  await Promise.resolve();
}

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
