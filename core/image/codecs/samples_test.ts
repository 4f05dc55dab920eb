import assert from "node:assert/strict";
import { describe } from "../../../tests/support/images.ts";
import type { PixelDescription } from "../pixels.ts";
import { interleave, narrow, unsignedPrecision, usedBits, widen } from "./samples.ts";

function words(values: readonly number[], changes: Partial<PixelDescription> = {}) {
  const samples = new Uint8Array(Int16Array.from(values).buffer);
  const description = describe({
    columns: values.length,
    bitsAllocated: 16,
    bitsStored: 12,
    ...changes,
  });
  return { samples, description };
}

Deno.test("usedBits() are those stored, unless something lies beside them", () => {
  assert.equal(usedBits(words([0, 4095])), 12);
  assert.equal(usedBits(words([0, 4096])), 16);
  assert.equal(usedBits(words([-2048, 2047], { signed: true })), 12);
  assert.equal(usedBits(words([-2049, 0], { signed: true })), 16);
  assert.equal(usedBits(words([1, 2], { bitsStored: 8 })), 16);
});

Deno.test("usedBits() takes samples at any offset", () => {
  const { samples, description } = words([0, 4096]);
  const shifted = new Uint8Array(samples.length + 1);
  shifted.set(samples, 1);
  assert.equal(usedBits({ samples: shifted.subarray(1), description }), 16);
});

Deno.test("unsignedPrecision() has room for the sign", () => {
  assert.equal(unsignedPrecision(words([0, 1])), 12);
  assert.equal(unsignedPrecision(words([-1, 1], { signed: true })), 16);
});

Deno.test("interleave() puts samples of 16 bits side by side", () => {
  const color = {
    columns: 2,
    samplesPerPixel: 3,
    photometric: "RGB",
    planarConfiguration: 1,
  } as const;
  const planes = words([1, 2, 3, 4, 5, 6], color);
  const { samples, description } = interleave(planes);
  assert.deepEqual([...new Int16Array(samples.slice().buffer)], [1, 3, 5, 2, 4, 6]);
  assert.equal(description.planarConfiguration, 0);
});

Deno.test("interleave() refuses a frame that is cut short", () => {
  const { samples, description } = words([1, 2]);
  const cut = { samples: samples.subarray(1), description };
  assert.throws(() => interleave(cut), { name: "DicomError", code: "bad-file" });
});

Deno.test("widen() keeps values, narrow() their low bytes", () => {
  assert.deepEqual(widen(Uint8Array.of(1, 0xff), false), Uint8Array.of(1, 0, 0xff, 0));
  assert.deepEqual(widen(Uint8Array.of(1, 0xff), true), Uint8Array.of(1, 0, 0xff, 0xff));
  assert.deepEqual(narrow(Uint8Array.of(1, 2, 3, 4)), Uint8Array.of(1, 3));
});
