import assert from "node:assert/strict";
import { createTestClock } from "../../tests/support/clock.ts";
import { createCrowd } from "./crowd.ts";

Deno.test("who answers one and lets another wait gets one at a time, for ten minutes", async () => {
  const clock = createTestClock();
  const crowd = createCrowd(clock, 4);
  crowd.unanswered(3);
  assert.equal(crowd.most, 4, "it may be down");
  crowd.succeeded();
  crowd.unanswered(1);
  assert.equal(crowd.most, 1);
  await clock.advance(600_000);
  assert.equal(crowd.most, 4);
});
