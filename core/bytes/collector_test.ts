import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import fc from "fast-check";
import { ByteCollector } from "./collector.ts";

Deno.test("ByteCollector joins pieces up to the length, and leaves the rest", () => {
  const property = fc.property(
    fc.array(fc.uint8Array({ maxLength: 100_000, size: "max" }), { maxLength: 5 }),
    fc.nat({ max: 200_000 }),
    (pieces, length) => {
      const collector = new ByteCollector(length);
      let taken = 0;
      for (const piece of pieces) taken += collector.take(piece);
      const all = Buffer.concat(pieces);
      assert.equal(taken, Math.min(length, all.length));
      assert.equal(collector.missing, length - taken);
      assert.deepEqual(Buffer.from(collector.bytes), all.subarray(0, length));
    },
  );
  fc.assert(property, { numRuns: 30 });
});

Deno.test("ByteCollector reserves no more than twice what has come", () => {
  const collector = new ByteCollector(0x7fffffff);
  collector.take(new Uint8Array(1_000_000));
  assert.ok(collector.bytes.buffer.byteLength <= 2_000_000);
});
