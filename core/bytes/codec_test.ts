import assert from "node:assert/strict";
import fc from "fast-check";
import {
  ascii,
  encode,
  join,
  many,
  reserved,
  rest,
  sized,
  struct,
  text,
  u16,
  u32,
  u8,
} from "./codec.ts";
import { ByteReader } from "./reader.ts";

const layout = join(
  struct({ id: u8, _reserved: reserved(2), name: ascii(4), size: u32 }),
  struct({ codes: sized(u16, many(u16)), bytes: rest }),
);

Deno.test("a codec reads what it wrote", () => {
  const value = fc.record({
    id: fc.integer({ min: 0, max: 0xff }),
    name: fc.string({ unit: fc.constantFrom("A", "é", "_"), maxLength: 4 }),
    size: fc.integer({ min: 0, max: 0xffff_ffff }),
    codes: fc.array(fc.integer({ min: 0, max: 0xffff })),
    bytes: fc.uint8Array(),
  }, { noNullPrototype: true });
  fc.assert(fc.property(value, (given) => {
    assert.deepEqual(layout.read(new ByteReader(encode(layout, given))), given);
  }));
});

Deno.test("struct() lays fields out in order, reserved ones as zero", () => {
  const value = { id: 5, name: "AB", size: 1, codes: [0x0102], bytes: Uint8Array.of(9) };
  const bytes = [5, 0, 0, 0x41, 0x42, 0x20, 0x20, 0, 0, 0, 1, 0, 2, 1, 2, 9];
  assert.deepEqual([...encode(layout, value)], bytes);
});

Deno.test("sized() does not read past its own length", () => {
  const codec = struct({ head: sized(u8, u8), tail: u8 });
  assert.deepEqual(codec.read(new ByteReader(Uint8Array.of(2, 7, 8, 9))), { head: 7, tail: 9 });
  const short = Uint8Array.of(5, 7, 8);
  assert.throws(() => codec.read(new ByteReader(short)), { name: "DicomError", code: "bad-file" });
});

Deno.test("many() reads no more entries than allowed", () => {
  const codec = many(u8, 3);
  assert.deepEqual(codec.read(new ByteReader(Uint8Array.of(1, 2, 3))), [1, 2, 3]);
  const four = new ByteReader(new Uint8Array(4));
  assert.throws(() => codec.read(four), { name: "DicomError", code: "bad-file" });
});

Deno.test("text drops padding, and cannot be spread over other characters", () => {
  const read = (...bytes: number[]) => text.read(new ByteReader(Uint8Array.from(bytes)));
  assert.equal(read(0x20, 0x41, 0x20, 0x42, 0x20, 0x00), "A B");
  assert.equal(read(0, 0), "");
  assert.equal(read(0x41, 0xe9, 0x07), "Aé\x07");
  assert.deepEqual([...encode(ascii(3), "a語bc")], [0x61, 0x3f, 0x62]);
  assert.equal(text.read(new ByteReader(new Uint8Array(65_535).fill(0x31))).length, 65_535);
});
