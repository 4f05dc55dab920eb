import assert from "node:assert/strict";
import { createTestClock } from "../../tests/support/clock.ts";
import { Deadline } from "./deadline.ts";

Deno.test("Deadline expires once, after the time it was last set to", async () => {
  const clock = createTestClock(0);
  const expired: number[] = [];
  using deadline = new Deadline(clock, () => expired.push(clock.now()));
  deadline.set(100);
  await clock.advance(90);
  deadline.touch();
  await clock.advance(90);
  assert.deepEqual(expired, []);
  deadline.set(5); // sooner than before
  await clock.advance(1000);
  assert.deepEqual(expired, [185]);
  deadline.touch(); // it is not set any more
  await clock.advance(1000);
  assert.deepEqual(expired, [185]);
});

Deno.test("Deadline does not expire when cleared, disposed of or without limit", async () => {
  const clock = createTestClock(0);
  const expired: number[] = [];
  const deadlines = [1, 2, 3].map((id) => new Deadline(clock, () => expired.push(id)));
  deadlines.forEach((deadline) => deadline.set(100));
  deadlines[0]!.clear();
  deadlines[1]![Symbol.dispose]();
  deadlines[2]!.set(0);
  await clock.advance(1000);
  assert.deepEqual(expired, []);
  assert.equal(clock.pending, 0);
});

Deno.test("Deadline asks the clock once however often it is touched", () => {
  const clock = createTestClock(0);
  using deadline = new Deadline(clock, () => {});
  for (let index = 0; index < 100; index++) deadline.set(100);
  assert.equal(clock.pending, 1);
});
