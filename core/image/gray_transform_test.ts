import assert from "node:assert/strict";
import { element, item, type Piece, sequence } from "../../tests/support/dicom.ts";
import { type ImageFile, imageFile, openImage } from "../../tests/support/images.ts";
import { memorySource } from "../bytes/source.ts";
import { readGrayTransform, readRescale, type WantedWindow } from "./gray_transform.ts";
import type { GrayTransform } from "./window.ts";

const window = (center: string, width: string, name?: string): Piece[] => [
  element(0x00281050, "DS", center),
  element(0x00281051, "DS", width),
  ...(name === undefined ? [] : [element(0x00281056, "CS", name)]),
];
const rescale = (intercept: string, slope: string): Piece[] => [
  element(0x00281052, "DS", intercept),
  element(0x00281053, "DS", slope),
];
const lut = (tag: number): Piece =>
  sequence(tag, [item([
    element(0x00283002, "US", [2, 10, 12]),
    element(0x00283006, "US", [0, 4095]),
  ])]);
const group = (tag: number, pieces: readonly Piece[]) => sequence(tag, [item(pieces)]);
/** Functional groups of two frames, and of both together. */
const groups: Piece[] = [
  sequence(0x52009229, [item([group(0x00289145, rescale("7", "3"))])]),
  sequence(0x52009230, [
    item([group(0x00289132, window("1", "2")), group(0x00289145, rescale("5", "2"))]),
    item([group(0x00289132, window("3", "4", "SIGMOID"))]),
  ]),
];

async function read(
  more: readonly Piece[],
  { frame = 0, wanted = {}, image = {} }: {
    readonly frame?: number;
    readonly wanted?: WantedWindow;
    readonly image?: Partial<ImageFile>;
  } = {},
): Promise<GrayTransform> {
  const file = imageFile({ frames: 2, pixels: new Uint8Array(8), more, ...image });
  return readGrayTransform(await openImage(memorySource(file)), frame, wanted);
}

const LINEAR = { kind: "linear", slope: 1, intercept: 0 } as const;
const LUT = { first: 10, bits: 12, entries: Uint16Array.of(0, 4095) };
const voi = (center: number, width: number, name = "orthanc") => ({
  kind: "window",
  center,
  width,
  function: name,
});

Deno.test("readGrayTransform() takes the window of the client, the file, or the bits", async () => {
  assert.deepEqual((await read([])).voi, voi(128, 256));
  const more = window("40\\400", "400\\2000");
  assert.deepEqual((await read(more)).voi, voi(40, 400));
  assert.deepEqual((await read(more, { wanted: { width: 7 } })).voi, voi(40, 7));
  assert.deepEqual((await read(more, { wanted: { center: 5, width: 7 } })).voi, voi(5, 7));
});

for (const name of ["LINEAR", "LINEAR_EXACT", "SIGMOID"]) {
  Deno.test(`readGrayTransform() heeds the function ${name}`, async () => {
    assert.deepEqual((await read(window("1", "2", name))).voi, voi(1, 2, name));
  });
}

Deno.test("readGrayTransform() uses tables where there is no window or rescale", async () => {
  const tables = [lut(0x00283000), lut(0x00283010)];
  const { modality, voi: shown } = await read(tables);
  assert.deepEqual(modality, { kind: "lut", lut: LUT });
  assert.deepEqual(shown, { kind: "lut", lut: LUT });
  const numbers = await read([...window("1", "2"), ...rescale("3", "4"), ...tables]);
  assert.deepEqual(numbers.modality, { kind: "linear", slope: 4, intercept: 3 });
  assert.deepEqual(numbers.voi, voi(1, 2));
});

Deno.test("readGrayTransform() uses the groups of the frame, then those of all", async () => {
  const first = await read(groups);
  assert.deepEqual(first.modality, { kind: "linear", slope: 2, intercept: 5 });
  assert.deepEqual(first.voi, voi(1, 2));
  const second = await read(groups, { frame: 1 });
  assert.deepEqual(second.modality, { kind: "linear", slope: 3, intercept: 7 });
  assert.deepEqual(second.voi, voi(3, 4, "SIGMOID"));
});

Deno.test("readGrayTransform() has no window as wide as 32 bits", async () => {
  const { voi: shown } = await read([], { image: { bits: 32 } });
  assert.deepEqual(shown, { kind: "extent" });
});

Deno.test("readGrayTransform() reads padding whichever way it is signed", async () => {
  assert.equal((await read([])).padding, undefined);
  const asUnsigned = [element(0x00280120, "US", [63536])];
  const signed = { bits: 16, signed: true };
  assert.deepEqual((await read(asUnsigned, { image: signed })).padding, [-2000, -2000]);
  const range = [element(0x00280120, "SS", [-1]), element(0x00280121, "SS", [-10])];
  assert.deepEqual((await read(range, { image: { bits: 16 } })).padding, [65526, 65535]);
});

Deno.test("readRescale() is none without, and for what is no number", async () => {
  for (const more of [[], rescale("x", "2"), [element(0x00281053, "DS", "2")]]) {
    const file = await openImage(memorySource(imageFile({ pixels: new Uint8Array(2), more })));
    const { slope, intercept } = readRescale(file, 0);
    assert.deepEqual({ kind: "linear", slope, intercept }, LINEAR);
  }
});
