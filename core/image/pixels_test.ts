import assert from "node:assert/strict";
import { type ImageFile, imageFile, openImage } from "../../tests/support/images.ts";
import { memorySource } from "../bytes/source.ts";
import { frameBytes } from "./pixels.ts";

const FOUR = new Uint8Array(4);
const RLE = "1.2.840.10008.1.2.5";
const MPEG = "1.2.840.10008.1.2.4.100";

const LIES: readonly (readonly [name: string, image: ImageFile])[] = [
  ["65535 x 65535 of four bytes", { rows: 65535, columns: 65535, pixels: FOUR }],
  ["a compressed frame of 4 GB", {
    rows: 65535,
    columns: 65535,
    syntax: RLE,
    pixels: [new Uint8Array(0), FOUR],
  }],
  ["two thousand million frames", { frames: 2147483647, pixels: FOUR }],
  ["frames without fragments", { frames: 3, syntax: RLE, pixels: [new Uint8Array(0), FOUR] }],
  ["no fragment", { syntax: RLE, pixels: [new Uint8Array(0)] }],
  ["no rows", { rows: 0, pixels: FOUR }],
  ["two samples per pixel", { samples: 2, pixels: FOUR }],
  ["seven bits allocated", { bits: 7, pixels: FOUR }],
  ["no bits stored", { stored: 0, highBit: 7, pixels: FOUR }],
  ["more bits stored than allocated", { stored: 12, pixels: FOUR }],
  ["a high bit below the stored bits", { stored: 8, highBit: 6, pixels: FOUR }],
  ["a high bit above those allocated", { stored: 8, highBit: 9, pixels: FOUR }],
  ["YBR_FULL_422 of one sample", { photometric: "YBR_FULL_422", pixels: FOUR }],
];

for (const [name, image] of LIES) {
  Deno.test(`describePixels() refuses ${name}`, async () => {
    const opening = openImage(memorySource(imageFile(image)));
    await assert.rejects(opening, { name: "DicomError", code: "bad-file" });
  });
}

Deno.test("describePixels() takes missing numbers for what Orthanc takes them for", async () => {
  const { description } = await openImage(
    memorySource(imageFile({ photometric: "", pixels: FOUR })),
  );
  assert.equal(description.photometric, "MONOCHROME2");
  assert.equal(description.numberOfFrames, 1);
});

Deno.test("describePixels() lets one fragment of a video hold many frames", async () => {
  const pixels = [new Uint8Array(0), FOUR];
  const { description } = await openImage(
    memorySource(imageFile({ frames: 25, syntax: MPEG, pixels })),
  );
  assert.equal(description.numberOfFrames, 25);
});

const SIZES: readonly (readonly [ImageFile, bytes: number])[] = [
  [{ rows: 3, columns: 3, bits: 1, pixels: new Uint8Array(2) }, 2],
  [{ rows: 2, columns: 2, bits: 16, pixels: new Uint8Array(8) }, 8],
  [{ rows: 2, columns: 2, samples: 3, photometric: "YBR_FULL_422", pixels: new Uint8Array(8) }, 8],
];

for (const [image, bytes] of SIZES) {
  Deno.test(`frameBytes() of ${image.bits ?? 8} bits, ${image.photometric ?? "gray"}`, async () => {
    const { description } = await openImage(memorySource(imageFile(image)));
    assert.equal(frameBytes(description), bytes);
  });
}
