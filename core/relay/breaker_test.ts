import assert from "node:assert/strict";
import { createBreaker } from "./breaker.ts";

const fault = (duty: number, answered = false) => ({ duty, answered, reason: "no route" });

Deno.test("five faults in a row open the breaker, a success in between does not count", () => {
  const breaker = createBreaker(() => 2);
  for (let n = 0; n < 4; n++) breaker.fault(0, fault(1));
  breaker.success();
  for (let n = 0; n < 4; n++) breaker.fault(0, fault(1));
  assert.deepEqual([breaker.state, breaker.concurrency], ["closed", 2]);
  breaker.fault(1000, fault(1));
  assert.deepEqual([breaker.state, breaker.concurrency], ["open", 0]);
  assert.deepEqual([breaker.probeAt, breaker.openSince, breaker.reason], [
    31_000,
    1000,
    "no route",
  ]);
});

Deno.test("refusals open it when five instances are refused in a row, not one five times", () => {
  const breaker = createBreaker(() => 2);
  for (let n = 0; n < 9; n++) breaker.fault(0, fault(7, true));
  assert.equal(breaker.state, "closed");
  for (let duty = 1; duty < 5; duty++) breaker.fault(0, fault(duty, true));
  assert.deepEqual([breaker.state, breaker.probesByDelivery], ["open", true]);
});

Deno.test("after a probe one is tried, then 2, 4, …; a fault meanwhile opens it again", () => {
  const breaker = createBreaker(() => 8);
  for (let n = 0; n < 5; n++) breaker.fault(0, fault(n));
  breaker.probing(30_000);
  assert.equal(breaker.probeAt, 60_000);
  breaker.probed();
  assert.equal(breaker.concurrency, 1);
  breaker.success();
  assert.equal(breaker.concurrency, 2);
  breaker.fault(40_000, fault(1));
  assert.deepEqual([breaker.state, breaker.probeAt, breaker.openSince], ["open", 70_000, 0]);
  breaker.success(); // of a delivery that began before
  assert.equal(breaker.state, "open");
  breaker.probed();
  for (let n = 0; n < 3; n++) breaker.success();
  assert.deepEqual([breaker.state, breaker.concurrency, breaker.openSince], [
    "closed",
    8,
    undefined,
  ]);
});
