import fc from "fast-check";
import assert from "node:assert/strict";
import { element } from "../../tests/support/dicom.ts";
import { type ImageFile, imageFile, openImage } from "../../tests/support/images.ts";
import { type ByteSource, memorySource } from "../bytes/source.ts";
import { DicomError } from "../errors.ts";
import { readFrame } from "./frames.ts";

const BIG_ENDIAN = "1.2.840.10008.1.2.2";
const DEFLATED = "1.2.840.10008.1.2.1.99";
const JPEG = "1.2.840.10008.1.2.4.50";
const NONE = new Uint8Array(0);

const words = (...values: number[]) => new Uint8Array(Uint32Array.from(values).buffer);
const longs = (...values: bigint[]) => new Uint8Array(BigUint64Array.from(values).buffer);
const jpeg = (...content: number[]) => Uint8Array.of(...content, 0xff, 0xd9);

/** Files of two frames or more, and what each frame is. */
const FILES:
  readonly (readonly [name: string, ImageFile, frames: readonly (readonly number[])[]])[] = [
    ["native", { frames: 2, columns: 2, pixels: Uint8Array.of(1, 2, 3, 4) }, [[1, 2], [3, 4]]],
    ["deflated", {
      frames: 2,
      columns: 2,
      pixels: Uint8Array.of(1, 2, 3, 4),
      syntax: DEFLATED,
    }, [[1, 2], [3, 4]]],
    ["single bits, frames within bytes", {
      frames: 3,
      columns: 3,
      bits: 1,
      pixels: Uint8Array.of(0b10_011_101, 0b1),
    }, [[0b10_011_101], [0b10_011], [0b110]]],
    ["big endian words of samples of 8 bits, frames within words", {
      frames: 2,
      columns: 3,
      vr: "OW",
      syntax: BIG_ENDIAN,
      pixels: Uint8Array.of(1, 2, 3, 4, 5, 6),
    }, [[2, 1, 4], [3, 6, 5]]],
    ["one fragment for each frame", {
      frames: 2,
      syntax: JPEG,
      pixels: [NONE, jpeg(1, 1), jpeg(2, 2)],
    }, [[1, 1, 0xff, 0xd9], [2, 2, 0xff, 0xd9]]],
    ["several fragments by basic offset table", {
      frames: 2,
      syntax: JPEG,
      pixels: [words(0, 20), jpeg(), Uint8Array.of(1, 2), Uint8Array.of(3, 4)],
    }, [[0xff, 0xd9, 1, 2], [3, 4]]],
    ["several fragments by extended offset table", {
      frames: 2,
      syntax: JPEG,
      more: [element(0x7fe00001, "OV", longs(0n, 20n))],
      pixels: [NONE, jpeg(), Uint8Array.of(1, 2), Uint8Array.of(3, 4)],
    }, [[0xff, 0xd9, 1, 2], [3, 4]]],
    ["several fragments by end markers, with padding", {
      frames: 2,
      syntax: JPEG,
      pixels: [
        NONE,
        Uint8Array.of(1, 1),
        jpeg(2, 0),
        Uint8Array.of(3, 3),
        Uint8Array.of(4, 0xff, 0xd9, 0),
      ],
    }, [[1, 1, 2, 0, 0xff, 0xd9], [3, 3, 4, 0xff, 0xd9, 0]]],
  ];

for (const [name, image, frames] of FILES) {
  Deno.test(`readFrame() finds frames: ${name}`, async () => {
    const file = await openImage(memorySource(imageFile(image)));
    for (const [index, frame] of frames.entries()) {
      const bytes = await readFrame(file, index);
      if (image.bits !== 1) assert.deepEqual([...bytes], frame);
      else assert.equal(bytes[0]! & 0b111, frame[0]! & 0b111); // what follows the frame does not count
    }
  });
}

const DAMAGED: readonly (readonly [name: string, ImageFile])[] = [
  ["an offset where no fragment starts", {
    frames: 2,
    syntax: JPEG,
    pixels: [words(0, 3), jpeg(), jpeg(), jpeg()],
  }],
  ["too few end markers", { frames: 2, syntax: JPEG, pixels: [NONE, jpeg(), NONE, NONE] }],
];

for (const [name, image] of DAMAGED) {
  Deno.test(`readFrame() refuses ${name}`, async () => {
    const file = await openImage(memorySource(imageFile(image)));
    await assert.rejects(readFrame(file, 1), { name: "DicomError", code: "bad-file" });
  });
}

for (const index of [-1, 2, 0.5, NaN]) {
  Deno.test(`readFrame() refuses frame ${index} of two`, async () => {
    const file = await openImage(memorySource(imageFile(FILES[0]![1])));
    await assert.rejects(readFrame(file, index), { code: "out-of-range" });
  });
}

Deno.test("readFrame() reads no other frame", async () => {
  const bytes = imageFile({
    frames: 100,
    rows: 512,
    columns: 512,
    pixels: new Uint8Array(26214400),
  });
  let read = 0;
  const source: ByteSource = {
    size: bytes.length,
    async read(at, length) {
      const piece = await memorySource(bytes).read(at, length);
      read += piece.length;
      return piece;
    },
  };
  const file = await openImage(source);
  assert.equal((await readFrame(file, 99)).length, 262144);
  assert.ok(read < 2 * 262144, `${read} bytes were read`);
});

Deno.test("any change of a file gives its frames or a DicomError", async () => {
  const originals = FILES.map(([, image]) => imageFile(image));
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...originals),
      fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 }),
      async (original, changes) => {
        const bytes = original.slice();
        for (const [at, value] of changes) bytes[132 + at % (bytes.length - 132)] = value;
        try {
          const file = await openImage(memorySource(bytes));
          await readFrame(file, file.description.numberOfFrames - 1);
        } catch (error) {
          assert.ok(error instanceof DicomError, String(error));
        }
      },
    ),
    { numRuns: Number(Deno.env.get("FUZZ_RUNS") ?? 300) },
  );
});
