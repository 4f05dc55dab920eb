import assert from "node:assert/strict";
import fc from "fast-check";
import { defaultCharacterSets } from "./charset.ts";
import { decodeDataSet } from "./decode.ts";
import { encodeDataSet } from "./encode.ts";
import type { NewDataSet } from "./new_data_set.ts";
import { type Replacement, spliceDataSet } from "./splice.ts";
import type { Tag } from "./tag.ts";
import { EXPLICIT_LITTLE_ENDIAN, IMPLICIT_LITTLE_ENDIAN } from "./transfer_syntax.ts";
import { valueText } from "./values.ts";

const SAMPLE: NewDataSet = [
  { tag: 0x00080005, vr: "CS", value: "ISO_IR 100" },
  { tag: 0x00080060, vr: "CS", value: "CT" },
  { tag: 0x00081140, vr: "SQ", value: [[{ tag: 0x00080060, vr: "CS", value: "MR" }]] },
  { tag: 0x00100010, vr: "PN", value: "Example^Eve" },
  { tag: 0x7fe00010, vr: "OW", value: new Uint8Array(5000).fill(3) },
];

async function splice(
  elements: NewDataSet,
  replacements: ReadonlyMap<Tag, Replacement>,
  { encoding = EXPLICIT_LITTLE_ENDIAN, size = 100_000 } = {},
): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = encodeDataSet(elements, { encoding });
  const pieces = async function* () {
    for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
  };
  const parts = await Array.fromAsync(
    spliceDataSet(pieces(), { encoding, replacements }),
    (part) => part as Uint8Array<ArrayBuffer>,
  );
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}

function element(tag: Tag, value: string, encoding = EXPLICIT_LITTLE_ENDIAN): Uint8Array {
  return encodeDataSet([{ tag, vr: "CS", value }], { encoding });
}

Deno.test("spliceDataSet() without replacements changes nothing, however the bytes come", async () => {
  await fc.assert(fc.asyncProperty(fc.integer({ min: 1, max: 6000 }), async (size) => {
    const whole = encodeDataSet(SAMPLE, { encoding: EXPLICIT_LITTLE_ENDIAN });
    assert.deepEqual(await splice(SAMPLE, new Map(), { size }), whole);
  }));
});

Deno.test("spliceDataSet() replaces, adds and leaves out, in order, but not within items", async () => {
  const replacements = new Map<Tag, Replacement>([
    [0x00080060, element(0x00080060, "US")],
    [0x00080008, element(0x00080008, "DERIVED")],
    [0x00100010, undefined],
    [0x7fe00010, undefined],
    [0xfffcfffc, element(0xfffcfffc, "LAST")],
  ]);
  const expected = encodeDataSet([
    ...SAMPLE.filter(({ tag }) => !replacements.has(tag)),
    { tag: 0x00080060, vr: "CS", value: "US" },
    { tag: 0x00080008, vr: "CS", value: "DERIVED" },
    { tag: 0xfffcfffc, vr: "CS", value: "LAST" },
  ], { encoding: EXPLICIT_LITTLE_ENDIAN });
  await fc.assert(fc.asyncProperty(fc.integer({ min: 1, max: 6000 }), async (size) => {
    assert.deepEqual(await splice(SAMPLE, replacements, { size }), expected);
  }));
});

Deno.test("spliceDataSet() takes values that come in pieces, and other encodings", async () => {
  const encoding = IMPLICIT_LITTLE_ENDIAN;
  const whole = element(0x00080060, "XA", encoding);
  const pieces = async function* () {
    yield whole.subarray(0, 3);
    yield whole.subarray(3);
  };
  const bytes = await splice(SAMPLE, new Map([[0x00080060, pieces()]]), { encoding, size: 7 });
  const options = { defaultSets: defaultCharacterSets("Ascii"), maximumLength: 100 };
  const dataSet = decodeDataSet(bytes, encoding, options);
  const modality = dataSet.get(0x00080060)!;
  assert.equal(valueText(modality, dataSet), "XA");
});

Deno.test("spliceDataSet() leaves out group lengths, which would be wrong", async () => {
  const length = { tag: 0x00080000, vr: "UL", value: "30" } as const;
  const expected = encodeDataSet(SAMPLE, { encoding: EXPLICIT_LITTLE_ENDIAN });
  assert.deepEqual(await splice([length, ...SAMPLE], new Map()), expected);
});
