import assert from "node:assert/strict";
import { describe } from "../../tests/support/images.ts";
import { type Image, toImage } from "./decoded.ts";
import type { PixelDescription } from "./pixels.ts";
import { render, type Rendering } from "./render.ts";
import { fit, resize, smooth } from "./resize.ts";
import type { GrayTransform } from "./window.ts";

const gray = (samples: (Image & { kind: "gray" })["samples"], inverted = false): Image => ({
  kind: "gray",
  width: samples.length,
  height: 1,
  samples,
  inverted,
});
const color = (samples: Uint8Array | Uint16Array): Image => ({
  kind: "color",
  width: samples.length / 3,
  height: 1,
  samples,
});

const WINDOW: GrayTransform = {
  modality: { kind: "linear", slope: 1, intercept: 0 },
  voi: { kind: "window", function: "orthanc", center: 0.5, width: 1 },
  padding: undefined,
};
const SIGNED = Int16Array.of(-2000, 0, 300, 4042);
const RGB = Uint8Array.of(1, 2, 3);

const CASES: readonly (readonly [name: string, Image, Rendering, readonly number[]])[] = [
  ["preview of gray", gray(Uint8Array.of(0, 16, 32, 48)), { kind: "preview" }, [0, 85, 170, 255]],
  ["preview of MONOCHROME1", gray(Uint8Array.of(0, 48), true), { kind: "preview" }, [255, 0]],
  ["preview of what is flat", gray(Uint16Array.of(7, 7)), { kind: "preview" }, [0, 0]],
  ["preview of 32 bits", gray(Uint32Array.of(0, 2 ** 32 - 1)), { kind: "preview" }, [0, 255]],
  ["preview of fractions", gray(Float32Array.of(-1, NaN, 1)), { kind: "preview" }, [0, 0, 255]],
  ["preview of colours", color(RGB), { kind: "preview" }, [1, 2, 3]],
  ["preview of 16 bits", color(Uint16Array.of(0x1234, 255, 256)), { kind: "preview" }, [
    0x12,
    0,
    1,
  ]],
  ["uint8", gray(SIGNED), { kind: "uint8" }, [0, 0, 255, 255]],
  ["uint8 of MONOCHROME1", gray(Uint8Array.of(3), true), { kind: "uint8" }, [3]],
  ["uint16", gray(SIGNED), { kind: "uint16" }, [0, 0, 300, 4042]],
  ["int16", gray(SIGNED), { kind: "int16" }, [63536, 0, 300, 4042]],
  ["int16 of large numbers", gray(Int32Array.of(-70000, 70000)), { kind: "int16" }, [32768, 32767]],
  [
    "rendered",
    gray(Uint8Array.of(0, 1)),
    { kind: "rendered", gray: WINDOW, size: { width: 0, height: 0 }, smooth: true },
    [0, 255],
  ],
  [
    "rendered MONOCHROME1, but for its padding",
    gray(Uint8Array.of(0, 1, 9), true),
    {
      kind: "rendered",
      gray: { ...WINDOW, padding: [9, 9] },
      size: { width: 0, height: 0 },
      smooth: true,
    },
    [255, 0, 0],
  ],
  [
    "rendered at twice the size",
    gray(Uint8Array.of(0, 1)),
    { kind: "rendered", gray: WINDOW, size: { width: 4, height: 0 }, smooth: true },
    [0, 0, 255, 255, 0, 0, 255, 255],
  ],
];

for (const [name, image, rendering, samples] of CASES) {
  Deno.test(`render(): ${name}`, () => {
    assert.deepEqual([...render(image, rendering).samples], samples);
  });
}

for (const kind of ["uint16", "int16"] as const) {
  Deno.test(`render() gives no colours as ${kind}`, () => {
    assert.throws(() => render(color(RGB), { kind }), { code: "not-implemented" });
  });
}

/** Frames of two pixels, and what they are. */
const COLORS: readonly (readonly [Partial<PixelDescription>, number[], number[]])[] = [
  [{ photometric: "RGB" }, [1, 2, 3, 4, 5, 6], [1, 2, 3, 4, 5, 6]],
  [{ photometric: "RGB", planarConfiguration: 1 }, [1, 4, 2, 5, 3, 6], [1, 2, 3, 4, 5, 6]],
  [{ photometric: "YBR_FULL" }, [76, 85, 255, 150, 44, 21], [254, 0, 0, 0, 255, 1]],
  [{ photometric: "YBR_FULL_422" }, [0, 255, 128, 128], [0, 0, 0, 255, 255, 255]],
  [{ photometric: "YBR_PARTIAL_422" }, [16, 235, 128, 128], [0, 0, 0, 255, 255, 255]],
  [{ photometric: "YBR_RCT" }, [100, 128, 128, 0, 128, 128], [100, 100, 100, 0, 0, 0]],
];

for (const [changes, bytes, samples] of COLORS) {
  const { photometric, planarConfiguration = 0 } = changes;
  Deno.test(`toImage(): ${photometric}, planar configuration ${planarConfiguration}`, () => {
    const description = describe({ columns: 2, samplesPerPixel: 3, ...changes });
    const image = toImage({ samples: Uint8Array.from(bytes), description }, undefined);
    assert.equal(image.kind, "color");
    assert.deepEqual([...image.samples], samples);
  });
}

Deno.test("toImage() makes single bits 0 and 255", () => {
  const description = describe({ columns: 3, bitsAllocated: 1 });
  const image = toImage({ samples: Uint8Array.of(0b101), description }, undefined);
  assert.deepEqual([...image.samples], [255, 0, 255]);
});

Deno.test("toImage() refuses a palette that is missing, and colours of 32 bits", () => {
  const palette = describe({ photometric: "PALETTE COLOR" });
  assert.throws(() => toImage({ samples: Uint8Array.of(1), description: palette }, undefined), {
    code: "bad-file",
  });
  const wide = describe({ photometric: "RGB", samplesPerPixel: 3, bitsAllocated: 32 });
  assert.throws(() => toImage({ samples: new Uint8Array(12), description: wide }, undefined), {
    code: "not-implemented",
  });
});

/** Sizes asked for, 0 where none is, of an image of 40 x 20. */
const SIZES:
  readonly (readonly [width: number, height: number, becomes: readonly [number, number]])[] = [
    [0, 0, [40, 20]],
    [20, 0, [20, 10]],
    [0, 40, [80, 40]],
    [20, 20, [20, 10]],
    [100, 10, [20, 10]],
    [1, 1, [1, 1]],
  ];

for (const [width, height, [fitWidth, fitHeight]] of SIZES) {
  Deno.test(`fit() of 40 x 20 into ${width} x ${height}`, () => {
    const size = fit({ width: 40, height: 20 }, { width, height });
    assert.deepEqual(size, { width: fitWidth, height: fitHeight });
  });
}

Deno.test("fit() refuses sizes that no memory holds", () => {
  const original = { width: 40, height: 20 };
  assert.throws(() => fit(original, { width: 100_000, height: 0 }), { code: "not-enough-memory" });
});

Deno.test("resize() takes the nearest pixel, of each channel", () => {
  const samples = Uint8Array.of(1, 2, 3, 4, 5, 6);
  const raster = { width: 2, height: 1, channels: 3, samples } as const;
  assert.deepEqual([...resize(raster, { width: 1, height: 1 }).samples], [4, 5, 6]);
});

Deno.test("smooth() spreads a point by binomial weights, and leaves what is flat", () => {
  const samples = new Uint8Array(49);
  samples[24] = 255;
  const { samples: spread } = smooth({ width: 7, height: 7, channels: 1, samples });
  assert.deepEqual([...spread.subarray(21, 28)], [0, 5, 23, 35, 23, 5, 0]);
  const flat = { width: 3, height: 2, channels: 1, samples: new Uint8Array(6).fill(9) } as const;
  assert.deepEqual(smooth(flat).samples, flat.samples);
});
