import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import fc from "fast-check";
import { swapUnits } from "./swap.ts";

/** `bytes` swapped after they were cut into pieces of `size`. */
async function swap(bytes: Uint8Array, unit: number, size: number): Promise<Buffer> {
  async function* pieces() {
    for (let at = 0; at < bytes.length; at += size) yield await bytes.subarray(at, at + size);
  }
  return Buffer.concat(await Array.fromAsync(swapUnits(pieces(), unit)));
}

Deno.test("swapUnits() swaps units of 2, 4 and 8 bytes as Buffer does, whatever the pieces", async () => {
  const methods = { 2: "swap16", 4: "swap32", 8: "swap64" } as const;
  const property = fc.asyncProperty(
    fc.uint8Array({ maxLength: 50 }),
    fc.constantFrom(2, 4, 8),
    fc.integer({ min: 1, max: 20 }),
    async (bytes, unit, size) => {
      const whole = bytes.subarray(0, bytes.length - bytes.length % unit);
      const swapped = Buffer.from(whole)[methods[unit]]();
      const expected = Buffer.concat([swapped, bytes.subarray(whole.length)]);
      assert.deepEqual(await swap(bytes, unit, size), expected);
    },
  );
  await fc.assert(property);
});

Deno.test("swapUnits() leaves single bytes alone", async () => {
  assert.deepEqual(await swap(Uint8Array.of(1, 2, 3), 1, 2), Buffer.from([1, 2, 3]));
});
