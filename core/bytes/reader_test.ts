import assert from "node:assert/strict";
import { ByteReader } from "./reader.ts";

const BYTES = Uint8Array.of(0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08);

Deno.test("ByteReader reads both byte orders", () => {
  const big = new ByteReader(BYTES);
  assert.deepEqual([big.u8(), big.u16(), big.u32()], [0x01, 0x0203, 0x04050607]);
  const little = new ByteReader(BYTES, true);
  assert.deepEqual([little.u8(), little.u16(), little.u32()], [0x01, 0x0302, 0x07060504]);
});

Deno.test("ByteReader reads within a view of a larger buffer", () => {
  const reader = new ByteReader(BYTES.subarray(2, 5));
  assert.equal(reader.u8(), 3);
  assert.deepEqual([...reader.slice()], [4, 5]);
  assert.equal(reader.remaining, 0);
});

Deno.test("ByteReader refuses to pass the end, and stays where it was", () => {
  const reader = new ByteReader(BYTES.subarray(0, 3));
  assert.throws(() => reader.u32(), { name: "DicomError", code: "bad-file" });
  assert.throws(() => reader.slice(0xffff_ffff), { name: "DicomError", code: "bad-file" });
  assert.equal(reader.u16(), 0x0102);
});
