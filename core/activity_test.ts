import assert from "node:assert/strict";
import { createTestClock } from "../tests/support/clock.ts";
import { createActivity } from "./activity.ts";
import type { Ingest } from "./archive/ingest.ts";

Deno.test("isBusy() while something comes in, and for a moment after it", async () => {
  const clock = createTestClock();
  const activity = createActivity(clock);
  assert.equal(activity.isBusy(), false);
  const ends = [Promise.withResolvers<never>(), Promise.withResolvers<never>()];
  let next = 0;
  const ingest: Ingest = activity.watch(() => ends[next++]!.promise);
  const [first, second] = [ingest({} as never, {} as never), ingest({} as never, {} as never)];
  ends[0]!.reject(new Error("no file"));
  await assert.rejects(first, /no file/);
  await clock.advance(10_000);
  assert.equal(activity.isBusy(), true, "one is still coming");
  ends[1]!.resolve("stored" as never);
  assert.equal(await second, "stored");
  assert.equal(activity.isBusy(), true);
  await clock.advance(499);
  assert.equal(activity.isBusy(), true);
  await clock.advance(1);
  assert.equal(activity.isBusy(), false);
});
