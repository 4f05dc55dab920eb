import assert from "node:assert/strict";
import { createTestClock } from "../tests/support/clock.ts";
import { KINDS, phantom } from "../tests/support/phantom.ts";
import { createPool, poolOptions } from "./pool.ts";

const CURIOUS = new URL("../tests/support/curious_worker.ts", import.meta.url);
const RLE = "1.2.840.10008.1.2.5";
const JPEG_LS = "1.2.840.10008.1.2.4.80";
const DEADLINE_MS = 1000;
const IDLE_MS = 5000;

function start(options: { readonly script?: URL; readonly workers?: number } = {}) {
  const clock = createTestClock();
  const limits = { workers: 1, deadlineMs: DEADLINE_MS, idleMs: IDLE_MS };
  return { clock, pool: createPool({ clock, ...limits, ...options }) };
}

function frame() {
  const { samples, description } = phantom(KINDS["16 bits"]);
  return { encoded: samples, description, to: RLE, quality: 90 };
}

Deno.test("poolOptions() has one worker for each core, and never many", () => {
  const { clock } = start();
  assert.deepEqual([0, 2, 64].map((cores) => poolOptions(clock, cores).workers), [1, 2, 4]);
});

Deno.test("Pool does tasks, more than there are workers", async () => {
  const { pool } = start({ workers: 2 });
  await using _ = pool;
  const { samples, description } = phantom(KINDS["16 bits"]);
  const frames = await Promise.all(
    Array.from({ length: 5 }, async () => {
      const { bytes, description } = await pool.run("transcode", frame());
      return await pool.run("decode", { encoded: bytes, description });
    }),
  );
  for (const decoded of frames) {
    assert.deepEqual(decoded.samples, samples);
    assert.equal(decoded.description.transferSyntaxUid, description.transferSyntaxUid);
  }
});

Deno.test("Pool has no worker before the first task, and none when it was idle for long", async () => {
  const { pool, clock } = start();
  await using _ = pool;
  assert.equal(clock.pending, 0);
  await pool.run("transcode", frame());
  assert.equal(clock.pending, 1);
  await clock.advance(IDLE_MS);
  assert.equal(clock.pending, 0);
  await pool.run("transcode", frame());
});

Deno.test("Pool replaces a worker in which a codec failed, and no other", async () => {
  const { pool, clock } = start();
  await using _ = pool;
  const refused = { ...frame(), to: "1.2.840.10008.1.2.4.50" };
  await assert.rejects(() => pool.run("transcode", refused), { code: "not-implemented" });
  assert.equal(clock.pending, 1);
  const { bytes, description } = await pool.run("transcode", { ...frame(), to: JPEG_LS });
  const damaged = { encoded: bytes.fill(0xff, 100), description };
  await assert.rejects(() => pool.run("decode", damaged), { name: "DicomError", code: "bad-file" });
  assert.equal(clock.pending, 0);
  await pool.run("transcode", frame());
});

Deno.test("Pool ends a task at its deadline", async () => {
  const { pool, clock } = start({ script: CURIOUS });
  await using _ = pool;
  const late = assert.rejects(() => pool.run("transcode", frame()), { code: "timeout" });
  await clock.advance(DEADLINE_MS);
  await late;
  assert.equal(clock.pending, 0);
});

Deno.test("Pool outlives a worker that dies", async () => {
  const { pool } = start({ script: CURIOUS });
  await using _ = pool;
  const deadly = { ...frame(), to: "die" };
  await assert.rejects(() => pool.run("transcode", deadly), { code: "not-enough-memory" });
  await pool.run("transcode", frame());
});

Deno.test("Pool gives its workers no permission", async () => {
  const { pool } = start({ script: CURIOUS });
  await using _ = pool;
  const outcomes: unknown = await pool.run("transcode", frame());
  assert.deepEqual(outcomes, {
    read: "refused",
    write: "refused",
    net: "refused",
    env: "refused",
    run: "refused",
  });
});

Deno.test("Pool forgets tasks that nobody waits for any more, and refuses those after its end", async () => {
  const { pool } = start();
  const first = pool.run("transcode", frame());
  const gone = new AbortController();
  const second = assert.rejects(() => pool.run("transcode", frame(), gone.signal), /gone/);
  gone.abort(new Error("gone"));
  await Promise.all([first, second]);
  const running = assert.rejects(() => pool.run("transcode", frame()), { code: "unavailable" });
  await pool[Symbol.asyncDispose]();
  await running;
  await assert.rejects(() => pool.run("transcode", frame()), { code: "unavailable" });
});
