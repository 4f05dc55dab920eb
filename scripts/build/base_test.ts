import assert from "node:assert/strict";
import { elfEnd } from "./base.ts";

/** An ELF64 image with one segment and a section table of one entry. */
function image(segment: { offset: number; size: number }, sectionTable: number): Uint8Array {
  const bytes = new Uint8Array(512);
  const view = new DataView(bytes.buffer);
  bytes.set([0x7f, 0x45, 0x4c, 0x46, 2, 1]);
  view.setBigUint64(0x20, 64n, true); // programs
  view.setBigUint64(0x28, BigInt(sectionTable), true);
  view.setUint16(0x36, 56, true);
  view.setUint16(0x38, 1, true);
  view.setUint16(0x3a, 64, true);
  view.setUint16(0x3c, 1, true);
  view.setBigUint64(64 + 0x08, BigInt(segment.offset), true);
  view.setBigUint64(64 + 0x20, BigInt(segment.size), true);
  return bytes;
}

Deno.test("elfEnd() is behind the section table and all segments", () => {
  assert.equal(elfEnd(image({ offset: 100, size: 50 }, 200)), 264);
  assert.equal(elfEnd(image({ offset: 100, size: 400 }, 200)), 500);
});

Deno.test("elfEnd() refuses what is no image, or not all of one", () => {
  assert.throws(() => elfEnd(new Uint8Array(20)), RangeError);
  assert.throws(() => elfEnd(new Uint8Array(200)), RangeError);
  assert.throws(() => elfEnd(image({ offset: 100, size: 413 }, 200)), /cut short/);
});
