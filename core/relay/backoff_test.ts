import assert from "node:assert/strict";
import fc from "fast-check";
import { backoffMs, proofWaitMs } from "./backoff.ts";

Deno.test("backoffMs() is between nothing and 5 s × 2^tries, and never beyond 15 minutes", () => {
  fc.assert(
    fc.property(fc.nat(1000), fc.float({ min: 0, max: 1, noNaN: true }), (tries, random) => {
      const wait = backoffMs(tries, random);
      assert.ok(wait >= 0 && wait <= Math.min(5000 * 2 ** tries, 900_000));
    }),
  );
  assert.deepEqual([0, 1, 2, 7, 8].map((tries) => backoffMs(tries, 1)), [
    5000,
    10_000,
    20_000,
    640_000,
    900_000,
  ]);
  assert.equal(backoffMs(5, 0), 0);
});

Deno.test("proofWaitMs() doubles up to 15 minutes", () => {
  assert.deepEqual([0, 1, 99].map(proofWaitMs), [5000, 10_000, 900_000]);
});
