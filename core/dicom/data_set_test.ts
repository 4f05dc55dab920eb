import assert from "node:assert/strict";
import {
  dataSet,
  element,
  fragments,
  item,
  type Piece,
  sequence,
} from "../../tests/support/dicom.ts";
import { defaultCharacterSets } from "./charset.ts";
import { type BuildOptions, type DataElement, DataSetBuilder, trimPadding } from "./data_set.ts";
import { findByTag } from "./dictionary.ts";
import { DataSetScanner } from "./scanner.ts";
import { formatTag, TAG } from "./tag.ts";
import { EXPLICIT_LITTLE_ENDIAN } from "./transfer_syntax.ts";
import { valueText } from "./values.ts";

/** Builds a data set from pieces, in chunks of `size` bytes. */
function build(pieces: readonly Piece[], options: Partial<BuildOptions> = {}, size = Infinity) {
  const encoding = EXPLICIT_LITTLE_ENDIAN;
  const builder = new DataSetBuilder(encoding, {
    defaultSets: defaultCharacterSets("Latin1"),
    maximumLength: 1000,
    ...options,
  });
  const vrOfTag = (tag: number) => findByTag(tag)?.vr;
  const scanner = new DataSetScanner({ encoding, sink: builder, vrOfTag });
  const bytes = dataSet(pieces, encoding);
  for (let at = 0; at < bytes.length; at += size) scanner.push(bytes.subarray(at, at + size));
  scanner.end();
  return builder.root;
}

const tags = (elements: readonly DataElement[] | undefined) =>
  elements?.map(({ tag }) => formatTag(tag));

const NESTED = sequence(0x00081140, [
  item([
    element(TAG.patientId, "LO", "inner"),
    sequence(0x00081199, [item([element(TAG.modality, "CS", "CT")])]),
  ]),
  item([]),
]);

Deno.test("DataSetBuilder keeps items, fragments and the places of values", () => {
  const pixels = fragments([new Uint8Array(4), new Uint8Array(6)]);
  const root = build([NESTED, element(TAG.patientId, "LO", "outer"), pixels]);
  assert.deepEqual(tags(root.elements), ["0008,1140", "0010,0020", "7fe0,0010"]);
  const [sequenceElement, id, pixelData] = root.elements;
  assert.equal(sequenceElement?.items?.length, 2);
  assert.deepEqual(tags(sequenceElement.items[0]?.elements), ["0008,1199", "0010,0020"]);
  assert.equal(id!.valueOffset, id!.offset + 8);
  assert.equal(id!.length, 6);
  const start = pixelData!.offset;
  assert.deepEqual(pixelData!.fragments, [
    { offset: start + 20, length: 4 },
    { offset: start + 32, length: 6 },
  ]);
});

Deno.test("DataSetBuilder keeps what `keep` wants, and nothing inside of what it does not", () => {
  const asked: string[] = [];
  const root = build([NESTED, NESTED, element(TAG.patientId, "LO", "outer")], {
    keep: ({ tag, depth }) => {
      asked.push(`${formatTag(tag)} ${depth}`);
      return tag === TAG.patientId;
    },
  });
  assert.deepEqual(tags(root.elements), ["0010,0020"]);
  assert.equal(valueText(root.elements[0]!, root), "outer");
  assert.deepEqual(asked, ["0008,1140 0", "0008,1140 0", "0010,0020 0"]);
});

Deno.test("DataSetBuilder forgets fragments of Pixel Data that is not kept", () => {
  const pixels = fragments([new Uint8Array(4)]);
  const root = build([pixels, element(TAG.patientId, "LO", "1")], {
    keep: ({ tag }) => tag !== TAG.pixelData,
  });
  assert.deepEqual(tags(root.elements), ["0010,0020"]);
});

Deno.test("DataSetBuilder leaves out long values, but not their places", () => {
  const root = build([element(TAG.patientId, "LO", "x".repeat(12))], { maximumLength: 10 });
  const { bytes, length, valueOffset } = root.elements[0]!;
  assert.deepEqual([bytes, length, valueOffset], [undefined, 12, 8]);
});

Deno.test("elements are sorted, and of repeated ones the first stays, as with DCMTK", () => {
  const root = build([
    element(TAG.patientId, "LO", "A"),
    element(TAG.patientId, "LO", "B"),
    element(TAG.modality, "CS", "CT"),
    element(TAG.patientId, "LO", "C"),
  ]);
  assert.deepEqual(tags(root.elements), ["0008,0060", "0010,0020"]);
  assert.equal(valueText(root.get(TAG.patientId)!, root), "A");
  assert.equal(root.get(TAG.patientName), undefined);
});

Deno.test("DataSetBuilder gives the same whatever the chunks", () => {
  const pieces = [NESTED, element(TAG.patientId, "LO", "outer"), fragments([new Uint8Array(4)])];
  const shape = (elements: readonly DataElement[]): unknown =>
    elements.map(({ tag, offset, bytes, items, fragments }) => ({
      tag,
      offset,
      bytes: bytes && [...bytes],
      items: items?.map((item) => shape(item.elements)),
      fragments,
    }));
  const whole = shape(build(pieces).elements);
  for (const size of [1, 3, 17]) assert.deepEqual(shape(build(pieces, {}, size).elements), whole);
});

Deno.test("DataSetBuilder refuses more than a million elements that it would have to keep", () => {
  const small = element(0x00091001, "US", "")(EXPLICIT_LITTLE_ENDIAN);
  const chunk = new Uint8Array(small.length * 1000);
  for (let at = 0; at < chunk.length; at += small.length) chunk.set(small, at);
  const scanAll = (keep: boolean) => {
    const builder = new DataSetBuilder(EXPLICIT_LITTLE_ENDIAN, {
      defaultSets: defaultCharacterSets("Latin1"),
      maximumLength: 0,
      keep: () => keep,
    });
    const vrOfTag = () => undefined;
    const encoding = EXPLICIT_LITTLE_ENDIAN;
    const scanner = new DataSetScanner({ encoding, sink: builder, vrOfTag });
    for (let n = 0; n < 1001; n++) scanner.push(chunk);
    scanner.end();
    return builder.root.elements.length;
  };
  assert.throws(() => scanAll(true), { name: "DicomError", code: "bad-file" });
  assert.equal(scanAll(false), 0);
});

Deno.test("DataSetBuilder does not keep all chunks for small values in them", () => {
  const builder = new DataSetBuilder(EXPLICIT_LITTLE_ENDIAN, {
    defaultSets: defaultCharacterSets("Latin1"),
    maximumLength: 100,
    keep: ({ tag }) => tag !== TAG.pixelData,
  });
  const encoding = EXPLICIT_LITTLE_ENDIAN;
  const scanner = new DataSetScanner({ encoding, sink: builder, vrOfTag: () => undefined });
  const pixels = element(TAG.pixelData, "OB", new Uint8Array(1e5));
  for (let n = 0; n < 50; n++) {
    scanner.push(dataSet([element(0x00091000 + n, "LO", "1"), pixels], encoding));
  }
  scanner.end();
  const buffers = new Set(builder.root.elements.map(({ bytes }) => bytes!.buffer));
  const kept = [...buffers].reduce((sum, buffer) => sum + buffer.byteLength, 0);
  assert.equal(builder.root.elements.length, 50);
  assert.ok(kept < 1_200_000, `${kept} bytes`);
});

const GREEK = [
  element(TAG.specificCharacterSet, "CS", "ISO_IR 126"),
  element(TAG.patientName, "PN", "\xc4"),
];

Deno.test("decode() follows (0008,0005) of the item, else of what holds it, else the default", () => {
  const latin = item([element(TAG.patientName, "PN", "\xc4")]);
  const texts = (root: ReturnType<typeof build>) => {
    const items = root.get(0x00081140)!.items!;
    return [root, ...items].map((place) => valueText(place.get(TAG.patientName)!, place));
  };
  const name = element(TAG.patientName, "PN", "\xc4");
  assert.deepEqual(texts(build([sequence(0x00081140, [item(GREEK), latin]), name])), [
    "Ä",
    "Δ",
    "Ä",
  ]);
  const [charset, greekName] = GREEK;
  const inherited = build([charset!, sequence(0x00081140, [latin]), greekName!]);
  assert.deepEqual(texts(inherited), ["Δ", "Δ"]);
});

Deno.test("trimPadding() takes spaces and NULs from the end alone", () => {
  assert.equal(trimPadding(" a \0 "), " a");
  assert.equal(trimPadding("a\t"), "a\t");
  assert.equal(trimPadding(" \0"), "");
});
