import fc from "fast-check";
import assert from "node:assert/strict";
import { startApp } from "../support/app.ts";
import { element } from "../support/dicom.ts";
import { type ImageFile, imageFile } from "../support/images.ts";

const GRAY: ImageFile = {
  rows: 2,
  columns: 2,
  bits: 16,
  frames: 2,
  pixels: Uint8Array.from({ length: 16 }, (_, at) => at),
};
const COLOR: ImageFile = {
  rows: 1,
  columns: 2,
  samples: 3,
  photometric: "RGB",
  pixels: Uint8Array.of(1, 2, 3, 4, 5, 6),
};
const RLE: ImageFile = {
  rows: 2,
  columns: 2,
  syntax: "1.2.840.10008.1.2.5",
  pixels: [
    new Uint8Array(0),
    Uint8Array.from({ length: 72 }, (_, at) => at === 0 ? 1 : at === 4 ? 64 : at === 64 ? 3 : at),
  ],
};
const PALETTE: ImageFile = {
  rows: 1,
  columns: 2,
  photometric: "PALETTE COLOR",
  pixels: Uint8Array.of(0, 1),
  more: [
    ...[0, 1, 2].map((color) => element(0x00281101 + color, "US", [2, 0, 16])),
    ...[0, 1, 2].map((color) => element(0x00281201 + color, "OW", Uint8Array.of(0, 1, 2, 3))),
  ],
};

Deno.test("any change of a file gives its picture, or none", async () => {
  await using server = await startApp();
  const originals = [GRAY, COLOR, RLE, PALETTE].map(imageFile);
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...originals),
      fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 3 }),
      async (original, changes) => {
        const bytes = original.slice();
        for (const [at, value] of changes) bytes[132 + at % (bytes.length - 132)] = value;
        const stored = await server.send("POST", "/instances", bytes);
        const { ID, Path } = await stored.json();
        if (ID === undefined) return; // it is no DICOM file any more
        for (const path of ["preview", "rendered", "image-uint8"]) {
          const response = await server.send("GET", `${Path}/${path}`);
          await response.body?.cancel();
          assert.ok([200, 415].includes(response.status), `${path}: ${response.status}`);
        }
        await (await server.send("DELETE", Path)).body?.cancel();
      },
    ),
    { numRuns: Number(Deno.env.get("FUZZ_RUNS") ?? 60) },
  );
});
