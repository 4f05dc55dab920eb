import assert from "node:assert/strict";
import { grayMap, type GrayTransform, type Modality, stretchMap, type Voi } from "./window.ts";

const PLAIN: Modality = { kind: "linear", slope: 1, intercept: 0 };
const VALUES = { inverted: false, extent: [0, 4095] } as const;
const window = (
  name: (Voi & { kind: "window" })["function"],
  center: number,
  width: number,
): Voi => ({
  kind: "window",
  function: name,
  center,
  width,
});
const transform = (voi: Voi, more: Partial<GrayTransform> = {}): GrayTransform => ({
  modality: PLAIN,
  voi,
  padding: undefined,
  ...more,
});
const LUT = { first: 100, bits: 12, entries: Uint16Array.of(0, 2048, 4095) };

/** Stored values and the gray that they become. */
const CASES: readonly (readonly [
  name: string,
  GrayTransform,
  pairs: readonly (readonly [stored: number, gray: number])[],
])[] = [
  // PS3.3 Section C.11.2.1.2.1, the example of the note: 12 bits, center 2048, width 4096.
  ["LINEAR", transform(window("LINEAR", 2048, 4096)), [[0, 0], [2047, 127], [2048, 128], [
    4095,
    255,
  ]]],
  ["LINEAR of width 1", transform(window("LINEAR", 2048, 1)), [[2047, 0], [2048, 255]]],
  [
    "LINEAR_EXACT",
    transform(window("LINEAR_EXACT", 100, 100)),
    [[49, 0], [50, 0], [100, 128], [150, 255], [151, 255]],
  ],
  ["SIGMOID", transform(window("SIGMOID", 100, 50)), [[-1000, 0], [100, 128], [125, 225], [
    1000,
    255,
  ]]],
  ["Orthanc's", transform(window("orthanc", 100, 100)), [[50, 0], [100, 127], [150, 255]]],
  ["Orthanc's of no width", transform(window("orthanc", 100, 0)), [[99, 0], [100, 127], [
    101,
    255,
  ]]],
  [
    "Orthanc's with rescale",
    transform(window("orthanc", 40, 400), {
      modality: { kind: "linear", slope: 2, intercept: -1024 },
    }),
    [[432, 0], [532, 127], [632, 255]],
  ],
  [
    "no slope at all",
    transform(window("orthanc", 0, 10), { modality: { kind: "linear", slope: 0, intercept: 0 } }),
    [[0, 127]],
  ],
  ["a VOI LUT", transform({ kind: "lut", lut: LUT }), [[0, 0], [100, 0], [101, 128], [102, 255], [
    999,
    255,
  ]]],
  [
    "a modality LUT",
    transform(window("LINEAR_EXACT", 2048, 4096), { modality: { kind: "lut", lut: LUT } }),
    [[100, 0], [101, 128], [102, 255]],
  ],
  ["all there is", transform({ kind: "extent" }), [[0, 0], [4095, 255]]],
  ["padding", transform(window("orthanc", 0, 10), { padding: [50, 52] }), [[49, 255], [50, 0], [
    52,
    0,
  ], [53, 255]]],
];

for (const [name, gray, pairs] of CASES) {
  Deno.test(`grayMap(): ${name}`, () => {
    const map = grayMap(gray, VALUES);
    assert.deepEqual(pairs.map(([stored]) => [stored, map(stored)]), pairs);
  });
}

Deno.test("grayMap() makes padding white where all is inverted afterwards", () => {
  const gray = transform(window("orthanc", 100, 100), { padding: [7, 7] });
  const map = grayMap(gray, { ...VALUES, inverted: true });
  assert.deepEqual([7, 8, 100, 151].map(map), [255, 0, 127, 255]);
});

Deno.test("stretchMap() maps as Orthanc does, and flat images to black", () => {
  const map = stretchMap({ inverted: false, extent: [0, 48] });
  assert.deepEqual([0, 16, 32, 48].map(map), [0, 85, 170, 255]);
  assert.equal(stretchMap({ inverted: false, extent: [7, 7] })(7), 0);
  assert.equal(stretchMap({ inverted: true, extent: [7, 9] })(7), 255);
});
