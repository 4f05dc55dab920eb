import assert from "node:assert/strict";
import { createTestClock } from "../../tests/support/clock.ts";
import { createThrottle } from "./throttle.ts";

function exhausted(address: string) {
  const clock = createTestClock();
  const throttle = createThrottle(clock.uptime);
  for (let count = 0; count < 10; count++) assert.equal(throttle.begin(address), 0);
  return { clock, throttle };
}

Deno.test("createThrottle() counts the 64 bits of an IPv6 network as one address", () => {
  const { throttle } = exhausted("2001:db8:1:2::1");
  assert.ok(throttle.begin("2001:db8:1:2:ffff::") > 0);
  assert.ok(throttle.begin("2001:DB8:1:2:3:4:5:6") > 0);
  assert.equal(throttle.begin("2001:db8:1:3::1"), 0);
  assert.equal(throttle.begin("::1"), 0);
});

Deno.test("createThrottle() knows IPv4 written as IPv6", () => {
  const { throttle } = exhausted("::ffff:192.0.2.1");
  assert.ok(throttle.begin("192.0.2.1") > 0);
  assert.equal(throttle.begin("192.0.2.2"), 0);
});

Deno.test("createThrottle() forgets all after a minute of silence, whatever the clock shows", async () => {
  const { clock, throttle } = exhausted("192.0.2.1");
  clock.set(clock.now() + 86_400_000);
  assert.ok(throttle.begin("192.0.2.1") > 0);
  await clock.advance(60_000);
  for (let count = 0; count < 10; count++) assert.equal(throttle.begin("192.0.2.1"), 0);
});

Deno.test("createThrottle() remembers ten thousand addresses at most", () => {
  const { throttle } = exhausted("192.0.2.1");
  for (let count = 0; count < 10_000; count++) {
    throttle.begin(`10.${count >> 16}.${count >> 8 & 255}.${count & 255}`);
  }
  assert.equal(throttle.begin("192.0.2.1"), 0);
});
