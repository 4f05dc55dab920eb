import assert from "node:assert/strict";
import { createTestClock } from "../../../tests/support/clock.ts";
import { createWatch } from "./watch.ts";

function watched(limitMs = 1000) {
  const clock = createTestClock();
  const late: number[] = [];
  const start = clock.now();
  const watch = createWatch(clock, limitMs, () => late.push(clock.now() - start));
  return { clock, late, watch };
}

Deno.test("a watch calls after its limit, and begins anew with progress", async () => {
  const { clock, late, watch } = watched();
  await clock.advance(999);
  watch.progress();
  await clock.advance(999);
  assert.deepEqual(late, []);
  await clock.advance(1);
  assert.deepEqual(late, [1999]);
});

Deno.test("bytes are progress in portions of 64 KiB: who trickles is late", async () => {
  const { clock, late, watch } = watched();
  for (let half = 0; half < 4; half++) {
    await clock.advance(400);
    watch.passed(32_768);
  }
  assert.deepEqual(late, []);
  for (let byte = 0; byte < 10; byte++) {
    await clock.advance(100);
    watch.passed(1);
  }
  assert.deepEqual(late, [2600]);
});

Deno.test("a watch without limit never calls, nor one that is disposed", async () => {
  const endless = watched(0);
  assert.equal(endless.clock.pending, 0);
  const { clock, late, watch } = watched();
  watch[Symbol.dispose]();
  await clock.advance(5000);
  assert.deepEqual(late, []);
});
