import { Buffer } from "node:buffer";
import fc from "fast-check";
import assert from "node:assert/strict";
import { dataSet, element, type Piece } from "../../tests/support/dicom.ts";
import { defaultCharacterSets } from "../dicom/charset.ts";
import { decodeDataSet } from "../dicom/decode.ts";
import { EXPLICIT_BIG_ENDIAN, EXPLICIT_LITTLE_ENDIAN } from "../dicom/transfer_syntax.ts";
import { DicomError } from "../errors.ts";
import { applyPalette, type Palette, readPalette } from "./palette.ts";

type Table = { readonly data: readonly number[] } | { readonly segments: readonly number[] };

/** The elements of a palette whose three tables are the same. */
function elements(descriptor: readonly number[], table: Table): Piece[] {
  const segmented = "segments" in table;
  return [
    ...[0, 1, 2].map((color) => element(0x00281101 + color, "US", descriptor)),
    ...[0, 1, 2].map((color) =>
      element(
        (segmented ? 0x00281221 : 0x00281201) + color,
        "US",
        segmented ? table.segments : table.data,
      )
    ),
  ];
}

function read(pieces: readonly Piece[], encoding = EXPLICIT_LITTLE_ENDIAN): Palette {
  const bytes = Buffer.from(dataSet(pieces, encoding));
  const defaultSets = defaultCharacterSets("Latin1");
  return readPalette(
    decodeDataSet(bytes, encoding, { defaultSets, maximumLength: 2 ** 18 }),
    false,
  );
}

const entriesOf = (
  descriptor: readonly number[],
  table: Table,
) => [...read(elements(descriptor, table))[2].entries];

/** PS3.3 Section C.7.9.2: segments and the entries that they stand for. */
const SEGMENTED: readonly (readonly [name: string, segments: number[], entries: number[]])[] = [
  ["discrete", [0, 3, 5, 6, 7], [5, 6, 7]],
  ["linear", [0, 1, 10, 1, 4, 30], [10, 15, 20, 25, 30]],
  ["linear, falling", [0, 1, 30, 1, 2, 10], [30, 20, 10]],
  ["indirect, by bytes", [0, 1, 9, 0, 2, 1, 2, 2, 1, 6, 0], [9, 1, 2, 1, 2]],
];

for (const [name, segments, entries] of SEGMENTED) {
  Deno.test(`readPalette() expands segments: ${name}`, () => {
    assert.deepEqual(entriesOf([entries.length, 0, 16], { segments }), entries);
  });
}

Deno.test("readPalette() reads 8 bits in words and in pairs, in both byte orders", () => {
  for (const encoding of [EXPLICIT_LITTLE_ENDIAN, EXPLICIT_BIG_ENDIAN]) {
    const inWords = read(elements([4, 0, 8], { data: [1, 2, 3, 4] }), encoding);
    assert.deepEqual([...inWords[0].entries], [1, 2, 3, 4]);
    const inPairs = read(elements([4, 0, 8], { data: [0x0201, 0x0403] }), encoding);
    assert.deepEqual([...inPairs[0].entries], [1, 2, 3, 4]);
  }
});

Deno.test("readPalette() takes zero entries for 65,536", () => {
  const data = new Uint8Array(Uint16Array.from({ length: 65536 }, (_, at) => 65535 - at).buffer);
  const [red] = read([
    ...elements([0, 0, 16], { data: [] }).slice(0, 3),
    ...[0, 1, 2].map((color) => element(0x00281201 + color, "OW", data)),
  ]);
  assert.equal(red.entries.length, 65536);
  assert.equal(red.entries[65535], 0);
});

const DAMAGED: readonly (readonly [name: string, descriptor: number[], Table])[] = [
  ["too few entries", [5, 0, 16], { data: [1, 2, 3, 4] }],
  ["entries of 32 bits", [2, 0, 32], { data: [1, 2, 3, 4] }],
  ["a descriptor of two numbers", [2, 0], { data: [1, 2] }],
  ["segments that end early", [5, 0, 16], { segments: [0, 3, 1, 2] }],
  ["a linear segment at the start", [5, 0, 16], { segments: [1, 5, 7] }],
  ["an opcode that does not exist", [5, 0, 16], { segments: [3, 5, 7] }],
  ["a segment of nothing", [5, 0, 16], { segments: [0, 0, 0, 5, 1, 2, 3, 4, 5] }],
  ["an indirect segment out of range", [5, 0, 16], { segments: [2, 1, 0xffff, 0xffff] }],
  ["an indirect segment that means itself", [5, 0, 16], { segments: [2, 1, 0, 0] }],
];

for (const [name, descriptor, table] of DAMAGED) {
  Deno.test(`readPalette() refuses ${name}`, () => {
    assert.throws(() => read(elements(descriptor, table)), { code: "bad-file" });
  });
}

Deno.test("readPalette() gives a palette or a DicomError whatever the segments", () => {
  const word = fc.oneof(fc.constantFrom(0, 1, 2), fc.nat(65535));
  fc.assert(fc.property(
    fc.array(word, { maxLength: 40 }),
    fc.constantFrom(8, 16),
    (segments, bits) => {
      try {
        const [red] = read(elements([256, 0, bits], { segments }));
        assert.equal(red.entries.length, 256);
      } catch (error) {
        assert.ok(error instanceof DicomError, String(error));
      }
    },
  ));
});

Deno.test("applyPalette() uses the ends of a table for what is outside of it", () => {
  const lut = { first: 10, bits: 16, entries: Uint16Array.of(0x1111, 0x2222, 0xffff) };
  const colors = applyPalette([lut, lut, lut], Uint8Array.of(0, 10, 11, 12, 200), 8);
  const red = colors.filter((_, at) => at % 3 === 0);
  assert.deepEqual([...red], [0x11, 0x11, 0x22, 0xff, 0xff]);
});
