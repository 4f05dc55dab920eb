import assert from "node:assert/strict";
import { createTestClock } from "../tests/support/clock.ts";
import { DicomError, type ErrorCode } from "./errors.ts";
import { guardFiles, watchDisk } from "./disk.ts";
import type { FileStore } from "./ports.ts";

const GB = 1024 ** 3;

/** A watch over a disk of 100 GB whose free space the test sets. */
function setUp() {
  const clock = createTestClock();
  const lines: string[] = [];
  const disk = {
    free: 50 * GB,
    ballast: false,
    fault: undefined as ErrorCode | undefined,
    space: () => Promise.resolve({ free: disk.free, total: 100 * GB }),
    takeBallast() {
      disk.ballast = true;
      return Promise.resolve();
    },
    releaseBallast() {
      const was = disk.ballast;
      disk.ballast = false;
      return Promise.resolve(was);
    },
  };
  const watch = watchDisk({
    disk,
    clock,
    log: (level, text) => lines.push(`${level} ${text}`),
    tryWrite: () =>
      disk.fault === undefined
        ? Promise.resolve()
        : Promise.reject(new DicomError(disk.fault, "Cannot write")),
  });
  const at = async (free: number) => {
    disk.free = free;
    clock.set(clock.now() + 2000);
    await watch.check();
    return watch.level;
  };
  return { clock, disk, lines, watch, at };
}

Deno.test("watchDisk() warns, refuses below 2 GB, and goes on only with some more", async () => {
  const { watch, at, lines } = setUp();
  using _ended = watch;
  assert.equal(await at(21 * GB), "fine");
  assert.equal(await at(19 * GB), "low");
  await watch.admit();
  assert.equal(await at(1.9 * GB), "full");
  await assert.rejects(watch.admit(), { code: "storage-full" });
  assert.equal(await at(2.2 * GB), "full");
  assert.equal(await at(2.6 * GB), "low");
  assert.equal(await at(30 * GB), "fine");
  assert.equal(lines.length, 4);
});

Deno.test("watchDisk() holds ballast back while room is low, and releases it at the end", async () => {
  const { watch, at, disk } = setUp();
  using _ended = watch;
  await at(30 * GB);
  assert.equal(disk.ballast, false);
  await at(10 * GB);
  assert.equal(disk.ballast, true);
  await at(GB);
  assert.equal(disk.ballast, true);
  await at(10_000_000);
  assert.equal(disk.ballast, false);
});

Deno.test("watchDisk() looks again after a clock that stepped back", async () => {
  const { watch, at, disk, clock } = setUp();
  using _ended = watch;
  await at(50 * GB);
  disk.free = GB;
  clock.set(clock.now() - 3_600_000);
  await assert.rejects(watch.admit(), { code: "storage-full" });
});

Deno.test("watchDisk() stores on where the system does not tell the room", async () => {
  const { watch, disk, lines } = setUp();
  using _ended = watch;
  disk.space = () => Promise.reject(new Error("no such call"));
  await watch.admit();
  assert.equal(watch.space, undefined);
  assert.match(lines[0]!, /^warning Cannot tell/);
});

Deno.test("watchDisk() notices a disk that cannot be written, and that it can again", async () => {
  const { watch, at, disk, lines, clock } = setUp();
  using _ended = watch;
  assert.equal(await at(50 * GB), "fine");
  assert.equal(watch.isWritable, true);
  disk.fault = "cannot-write";
  await clock.advance(60_000);
  assert.equal(watch.isWritable, false);
  await watch.admit(); // whoever stores is told by what fails, and so hears first when it works again
  assert.equal(await at(50 * GB), "fine");
  disk.fault = undefined;
  await clock.advance(60_000);
  assert.equal(watch.isWritable, true);
  assert.deepEqual(lines, [
    "error The disk cannot be written: nothing is stored or changed until it can",
    "info The disk can be written again",
  ]);
});

Deno.test("watchDisk() takes a full disk for a full one, and not for one that fails", async () => {
  const { watch, at, disk } = setUp();
  using _ended = watch;
  disk.fault = "storage-full";
  assert.equal(await at(GB), "full");
  assert.equal(watch.isWritable, true);
});

Deno.test("guardFiles() takes nothing in while the disk is full", async () => {
  const { watch, at } = setUp();
  using _ended = watch;
  let staged = 0;
  const files = guardFiles({
    stage: () => Promise.reject(new Error(`staged ${++staged}`)),
  } as unknown as FileStore, watch); // nothing else is called
  await at(GB);
  await assert.rejects(files.stage(ReadableStream.from([])), { code: "storage-full" });
  await at(50 * GB);
  await assert.rejects(files.stage(ReadableStream.from([])), /staged 1/);
});
