import fc from "fast-check";
import assert from "node:assert/strict";
import { describe } from "../../../tests/support/images.ts";
import { nativeCodecsModule } from "../codecs/native_module.ts";
import { createCodecs } from "../codecs.ts";
import { toImage } from "../decoded.ts";
import type { Raster } from "../raster.ts";
import { encodeJpeg } from "./jpeg.ts";

const CODECS = createCodecs(await nativeCodecsModule());
const JPEG_BASELINE = "1.2.840.10008.1.2.4.50";

/** The samples of a JPEG file, by another decoder. */
async function decode({ width, height, channels }: Raster, file: Uint8Array) {
  const description = describe({
    columns: width,
    rows: height,
    samplesPerPixel: channels,
    photometric: channels === 1 ? "MONOCHROME2" : "YBR_FULL",
    transferSyntaxUid: JPEG_BASELINE,
  });
  return toImage(await CODECS.decode(file, description), undefined).samples;
}

/** A picture that changes slowly, with an edge. */
function picture(width: number, height: number, channels: 1 | 3): Raster {
  const samples = Uint8Array.from({ length: width * height * channels }, (_, at) => {
    const x = Math.floor(at / channels) % width;
    const y = Math.floor(at / channels / width);
    return x > y ? 40 + 3 * x + (at % channels) * 20 : 200 - 2 * y;
  });
  return { width, height, channels, samples };
}

function meanError(one: ArrayLike<number>, other: ArrayLike<number>): number {
  const sum = Array.from(one).reduce((total, value, at) => total + Math.abs(value - other[at]!), 0);
  return sum / one.length;
}

/** Qualities, and how far samples may be away at the mean. */
const QUALITIES = [[100, 0.6], [90, 2], [50, 6], [1, 40]] as const;

for (const channels of [1, 3] as const) {
  for (const [quality, allowed] of QUALITIES) {
    Deno.test(`encodeJpeg() of ${channels} channels at quality ${quality} is close`, async () => {
      const raster = picture(37, 21, channels);
      const decoded = await decode(raster, encodeJpeg(raster, quality));
      assert.ok(meanError(raster.samples, decoded) <= allowed);
    });
  }
}

Deno.test("encodeJpeg() is a JFIF file, smaller for lower quality", () => {
  const raster = picture(64, 64, 1);
  const sizes = [100, 75, 50, 25, 1].map((quality) => encodeJpeg(raster, quality).length);
  assert.deepEqual(sizes, sizes.toSorted((a, b) => b - a));
  const head = encodeJpeg(raster, 90).subarray(0, 11);
  assert.deepEqual([...head.subarray(0, 4)], [0xff, 0xd8, 0xff, 0xe0]);
  assert.equal(String.fromCharCode(...head.subarray(6, 10)), "JFIF");
});

Deno.test("encodeJpeg() gives what another decoder reads, whatever the samples", async () => {
  const sides = fc.integer({ min: 1, max: 40 });
  await fc.assert(fc.asyncProperty(
    sides,
    sides,
    fc.constantFrom<1 | 3>(1, 3),
    fc.integer(),
    async (width, height, channels, seed) => {
      const samples = Uint8Array.from(
        { length: width * height * channels },
        (_, at) => Math.imul(seed ^ at, 0x9e3779b1) >>> 24,
      );
      const raster: Raster = { width, height, channels, samples };
      const decoded = await decode(raster, encodeJpeg(raster, 100));
      assert.ok(meanError(samples, decoded) < 2);
    },
  ));
});
