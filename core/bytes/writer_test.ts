import assert from "node:assert/strict";
import { ByteWriter } from "./writer.ts";

Deno.test("ByteWriter writes both byte orders", () => {
  const big = new ByteWriter().u8(1).u16(0x0203).u32(0x04050607);
  assert.deepEqual([...big.take()], [1, 2, 3, 4, 5, 6, 7]);
  const little = new ByteWriter(true).u8(1).u16(0x0203).u32(0x04050607);
  assert.deepEqual([...little.take()], [1, 3, 2, 7, 6, 5, 4]);
});

Deno.test("ByteWriter keeps what it has when it grows", () => {
  const writer = new ByteWriter().u8(7).slice(new Uint8Array(1000).fill(1)).u16(0xffff);
  const bytes = writer.take();
  assert.equal(bytes.length, 1003);
  assert.deepEqual([bytes[0], bytes[1], bytes[1000], bytes[1002]], [7, 1, 1, 0xff]);
});
