import assert from "node:assert/strict";
import { memorySource } from "../bytes/source.ts";
import { createTestClock } from "../../tests/support/clock.ts";
import { createBucket, throttled } from "./bucket.ts";

const open = (size: number) => ({
  ...memorySource(new Uint8Array(size)),
  [Symbol.asyncDispose]: () => Promise.resolve(),
});

Deno.test("a throttled file passes at the rate of the bucket, also where several share it", async () => {
  const clock = createTestClock();
  const start = clock.now();
  const bucket = createBucket(clock, 1_250_000); // 10 Mbit/s
  const signal = new AbortController().signal;
  let passed = 0;
  let end = 0;
  const readAll = async () => {
    const file = throttled(open(500_000), [bucket, createBucket(clock, 0)], signal);
    for (let at = 0; at < file.size;) at += (await file.read(at, 1 << 20)).length;
    passed += file.size;
    end = clock.now();
  };
  const reading = Promise.all([readAll(), readAll(), readAll()]);
  await new Promise((resolve) => setTimeout(resolve)); // until all wait
  await clock.advance(2000);
  await reading;
  const rate = passed / (end - start) * 1000;
  assert.ok(Math.abs(rate / 1_250_000 - 1) < 0.08, String(rate));
});

Deno.test("what waits for its turn ends with its signal, and a clock set back holds nothing up", async () => {
  let shown = 1e12;
  const clock = { ...createTestClock(shown), now: () => shown };
  const bucket = createBucket(clock, 1);
  const stop = new AbortController();
  await bucket.take(100, stop.signal);
  const waiting = bucket.take(1, stop.signal);
  stop.abort(new Error("stop"));
  await assert.rejects(waiting, /stop/);
  shown -= 86_400_000;
  await bucket.take(1, new AbortController().signal);
});
