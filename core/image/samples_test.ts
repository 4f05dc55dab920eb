import assert from "node:assert/strict";
import { describe } from "../../tests/support/images.ts";
import type { PixelDescription } from "./pixels.ts";
import { interleave, type SampleArray, unpackSamples } from "./samples.ts";

type Case = readonly [
  name: string,
  description: Partial<PixelDescription>,
  bytes: readonly number[],
  samples: SampleArray,
];

const gray = (columns: number, more: Partial<PixelDescription>) => ({ columns, ...more });

const CASES: readonly Case[] = [
  [
    "single bits, the lowest first",
    gray(10, { bitsAllocated: 1 }),
    [0b00000101, 0b10],
    Uint8Array.of(1, 0, 1, 0, 0, 0, 0, 0, 0, 1),
  ],
  ["8 bits", gray(2, {}), [0, 255], Uint8Array.of(0, 255)],
  ["8 bits signed", gray(2, { signed: true }), [127, 128], Int8Array.of(127, -128)],
  ["16 bits", gray(2, { bitsAllocated: 16 }), [1, 2, 255, 255], Uint16Array.of(513, 65535)],
  [
    "12 of 16 bits, with an overlay above",
    gray(1, { bitsAllocated: 16, bitsStored: 12 }),
    [0x34, 0xf2],
    Uint16Array.of(0x234),
  ],
  [
    "12 of 16 bits signed, not extended",
    gray(2, { bitsAllocated: 16, bitsStored: 12, signed: true }),
    [0xff, 0x0f, 0x00, 0xf8],
    Int16Array.of(-1, -2048),
  ],
  [
    "the 12 highest of 16 bits",
    gray(1, { bitsAllocated: 16, bitsStored: 12, highBit: 15 }),
    [0x5a, 0x12],
    Uint16Array.of(0x125),
  ],
  ["24 bits", gray(1, { bitsAllocated: 24 }), [1, 2, 3], Uint32Array.of(0x030201)],
  ["32 bits", gray(1, { bitsAllocated: 32 }), [255, 255, 255, 255], Uint32Array.of(4294967295)],
  [
    "32 bits signed",
    gray(1, { bitsAllocated: 32, signed: true }),
    [255, 255, 255, 255],
    Int32Array.of(-1),
  ],
  [
    "31 of 32 bits",
    gray(1, { bitsAllocated: 32, bitsStored: 31 }),
    [255, 255, 255, 255],
    Uint32Array.of(2147483647),
  ],
  [
    "single precision",
    gray(1, { bitsAllocated: 32, sampleKind: "float", signed: true }),
    [0, 0, 0x20, 0xc1],
    Float32Array.of(-10),
  ],
  [
    "double precision",
    gray(1, { bitsAllocated: 64, sampleKind: "double", signed: true }),
    [0, 0, 0, 0, 0, 0, 0xf0, 0x3f],
    Float64Array.of(1),
  ],
];

for (const [name, changes, bytes, samples] of CASES) {
  Deno.test(`unpackSamples(): ${name}, wherever the bytes lie`, () => {
    const description = describe(changes);
    for (const offset of [0, 1, 2]) {
      const moved = new Uint8Array(offset + bytes.length);
      moved.set(bytes, offset);
      const frame = { samples: moved.subarray(offset), description };
      assert.deepEqual(unpackSamples(frame), samples);
    }
  });
}

Deno.test("unpackSamples() refuses a frame that is too short", () => {
  const frame = { samples: new Uint8Array(3), description: describe({ columns: 4 }) };
  assert.throws(() => unpackSamples(frame), { code: "bad-file" });
});

Deno.test("interleave() puts the samples of each pixel side by side", () => {
  const planes = Uint8Array.of(1, 2, 3, 4, 5, 6);
  assert.deepEqual(interleave(planes, 3), Uint8Array.of(1, 3, 5, 2, 4, 6));
});
