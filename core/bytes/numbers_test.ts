import assert from "node:assert/strict";
import fc from "fast-check";
import { readU16, readU32, viewOf, writeU32 } from "./numbers.ts";

Deno.test("readU16() and readU32() agree with DataView at any offset, in both byte orders", () => {
  const property = fc.property(
    fc.uint8Array({ minLength: 4, maxLength: 12 }),
    fc.nat(),
    fc.boolean(),
    (bytes, position, littleEndian) => {
      const at = position % (bytes.length - 3);
      const view = viewOf(bytes);
      assert.equal(readU16(bytes, at, littleEndian), view.getUint16(at, littleEndian));
      assert.equal(readU32(bytes, at, littleEndian), view.getUint32(at, littleEndian));
    },
  );
  fc.assert(property);
});

Deno.test("viewOf() sees the bytes of a subarray alone", () => {
  const view = viewOf(Uint8Array.of(1, 2, 3, 4).subarray(1, 3));
  assert.equal(view.byteLength, 2);
  assert.equal(view.getUint16(0), 0x0203);
});

Deno.test("writeU32() writes what readU32() reads", () => {
  const number = fc.integer({ min: 0, max: 0xffff_ffff });
  const property = fc.property(number, fc.boolean(), (value, littleEndian) => {
    const bytes = new Uint8Array(6);
    writeU32(bytes, 1, { value, littleEndian });
    assert.equal(readU32(bytes, 1, littleEndian), value);
    assert.deepEqual([bytes[0], bytes[5]], [0, 0]);
  });
  fc.assert(property);
});
