import assert from "node:assert/strict";
import fc from "fast-check";
import type { PixelDescription } from "../pixels.ts";
import { rle } from "./rle.ts";

const RLE = "1.2.840.10008.1.2.5";
const HEADER = 64;

function describe(changes: Partial<PixelDescription>): PixelDescription {
  return {
    rows: 1,
    columns: 2,
    samplesPerPixel: 1,
    bitsAllocated: 16,
    bitsStored: 16,
    highBit: 15,
    signed: false,
    photometric: "MONOCHROME2",
    planarConfiguration: 0,
    numberOfFrames: 1,
    sampleKind: "integer",
    transferSyntaxUid: RLE,
    ...changes,
  };
}

/** A frame with its header (PS3.5 Section G.5). */
function framed(offsets: readonly number[], ...bytes: readonly number[]): Uint8Array {
  const frame = new Uint8Array(HEADER + bytes.length);
  const header = new DataView(frame.buffer);
  header.setUint32(0, offsets.length, true);
  offsets.forEach((offset, index) => header.setUint32(4 + 4 * index, offset, true));
  frame.set(bytes, HEADER);
  return frame;
}

Deno.test("rle.decode() joins segments, most significant byte first", async () => {
  const frame = framed([64, 66], 255, 0x12, 1, 0x34, 0x56);
  const { samples } = await rle.decode(frame, describe({}));
  assert.deepEqual([...samples], [0x34, 0x12, 0x56, 0x12]);
});

Deno.test("rle.decode() skips byte 128 and gives planes the order of the description", async () => {
  const color = { bitsAllocated: 8, samplesPerPixel: 3, photometric: "RGB" } as const;
  const frame = framed([64, 67, 70], 128, 255, 1, 128, 255, 2, 1, 3, 4);
  const mixed = await rle.decode(frame, describe(color));
  assert.deepEqual([...mixed.samples], [1, 2, 3, 1, 2, 4]);
  const planes = await rle.decode(frame, describe({ ...color, planarConfiguration: 1 }));
  assert.deepEqual([...planes.samples], [1, 1, 2, 2, 3, 4]);
});

Deno.test("rle.decode() refuses what does not fit", async (test) => {
  const cases = {
    "no header": new Uint8Array(63),
    "too few segments": framed([64], 255, 1),
    "too many segments": framed([64, 66, 68], 255, 1, 255, 1, 255, 1),
    "an offset behind the end": framed([64, 900], 255, 1),
    "an offset within the header": framed([8, 66], 255, 1),
    "an offset that goes back": framed([66, 64], 255, 1, 255, 1),
    "a segment cut short": framed([64, 66], 255, 1, 0, 1),
    "a run without value": framed([64, 66], 255, 1, 255),
  };
  for (const [name, frame] of Object.entries(cases)) {
    await test.step(name, async () => {
      await assert.rejects(async () => await rle.decode(frame, describe({})), { code: "bad-file" });
    });
  }
});

Deno.test("rle.encode() packs rows apart, short runs among literals", async () => {
  const description = describe({ rows: 2, columns: 5, bitsAllocated: 8 });
  const samples = Uint8Array.of(7, 7, 7, 7, 1, 1, 1, 2, 2, 3);
  const { bytes } = await rle.encode!({ samples, description }, { to: RLE, quality: 90 });
  assert.deepEqual(bytes.subarray(HEADER), Uint8Array.of(253, 7, 0, 1, 4, 1, 1, 2, 2, 3));
});

Deno.test("rle gives back any samples", async () => {
  const shape = fc.record({
    rows: fc.integer({ min: 1, max: 4 }),
    columns: fc.integer({ min: 1, max: 300 }),
    samplesPerPixel: fc.constantFrom(1, 3),
    bitsAllocated: fc.constantFrom(8, 16, 32),
    planarConfiguration: fc.constantFrom(0 as const, 1 as const),
  });
  const value = fc.oneof(fc.constant(0), fc.constant(0), fc.nat(255));
  await fc.assert(fc.asyncProperty(shape, fc.infiniteStream(value), async (chosen, values) => {
    const description = describe(chosen);
    const { rows, columns, samplesPerPixel, bitsAllocated } = chosen;
    const length = rows * columns * samplesPerPixel * bitsAllocated / 8;
    const samples = Uint8Array.from({ length }, () => values.next().value);
    const encoded = await rle.encode!({ samples, description }, { to: RLE, quality: 90 });
    const decoded = await rle.decode(encoded.bytes, encoded.description);
    assert.deepEqual(decoded.samples, samples);
  }));
});
