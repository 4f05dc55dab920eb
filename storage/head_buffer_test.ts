import assert from "node:assert/strict";
import fc from "fast-check";
import { takeHeadBuffer } from "./head_buffer.ts";

Deno.test("append() gathers chunks of any size until there is no room", () => {
  fc.assert(
    fc.property(fc.array(fc.nat(400_000), { maxLength: 8 }), (sizes) => {
      const head = takeHeadBuffer();
      const expected: number[] = [];
      for (const [index, size] of sizes.entries()) {
        const chunk = new Uint8Array(size).fill(index + 1);
        const fits = expected.length + size <= 1048576;
        assert.equal(head.append(chunk), fits);
        if (fits) { for (let at = 0; at < size; at++) expected.push(index + 1); }
      }
      assert.deepEqual(head.bytes, Uint8Array.from(expected));
      head.release();
    }),
    { numRuns: 10 },
  );
});

Deno.test("release() lets no bytes of one file into the next", () => {
  const first = takeHeadBuffer();
  first.append(new Uint8Array(500_000).fill(1));
  first.release();
  assert.equal(first.bytes.length, 0);
  const second = takeHeadBuffer();
  second.append(new Uint8Array(100_000).fill(2));
  assert.ok(second.bytes.every((byte) => byte === 2));
  second.release();
});
