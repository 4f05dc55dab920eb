import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import fc from "fast-check";
import { defaultCharacterSets } from "./charset.ts";
import { type DataSet, trimPadding } from "./data_set.ts";
import { decodeDataSet } from "./decode.ts";
import { encodeDataSet, withCharacterSet } from "./encode.ts";
import type { NewDataSet, NewElement } from "./new_data_set.ts";
import {
  EXPLICIT_BIG_ENDIAN,
  EXPLICIT_LITTLE_ENDIAN,
  IMPLICIT_LITTLE_ENDIAN,
} from "./transfer_syntax.ts";
import { valueText } from "./values.ts";

const OPTIONS = { defaultSets: defaultCharacterSets("Ascii"), maximumLength: 1e6 };
const ENCODINGS = [IMPLICIT_LITTLE_ENDIAN, EXPLICIT_LITTLE_ENDIAN, EXPLICIT_BIG_ENDIAN];

const hex = (elements: NewDataSet, encoding = EXPLICIT_LITTLE_ENDIAN) =>
  Buffer.from(encodeDataSet(elements, { encoding, characterSet: "" })).toString("hex");

/** One element of the standard for each VR that is made of text, with values that are right. */
const number = (minimum: number, maximum: number) =>
  fc.array(fc.integer({ min: minimum, max: maximum }), { minLength: 1, maxLength: 4 })
    .map((values) => values.join("\\"));
const words = fc.stringMatching(/^[A-Z0-9 ]{0,20}$/).map(trimPadding);
const VALUES: readonly (readonly [tag: number, vr: NewElement["vr"], fc.Arbitrary<string>])[] = [
  [0x00080052, "CS", words],
  [0x00080020, "DA", fc.constantFrom("20200101", "")],
  [0x00080018, "UI", fc.constantFrom("1.2.3", "1.2.33", "")],
  [0x00081115, "SQ", words], // replaced by items below
  [0x00100010, "PN", fc.string({ unit: "grapheme" }).map((text) => text.replaceAll("\0", ""))],
  [0x00104000, "LT", fc.string({ unit: "grapheme" }).map((text) => text.replaceAll("\0", ""))],
  [0x00280010, "US", number(0, 0xffff)],
  [0x00189219, "SS", number(-0x8000, 0x7fff)],
  [0x00186020, "SL", number(-(2 ** 31), 2 ** 31 - 1)],
  [0x00720078, "UL", number(0, 2 ** 32 - 1)],
  [0x00720082, "SV", fc.constantFrom("-9223372036854775808", "9223372036854775807\\5")],
  [0x00720083, "UV", fc.constantFrom("18446744073709551615", "0\\1")],
  [0x00186028, "FD", fc.constantFrom("1.5", "-0.25\\3", "nan", "inf\\-inf", "1e+300")],
  [0x00189087, "FD", fc.double({ noNaN: true, noDefaultInfinity: true }).map(String)],
  [0x00280009, "AT", fc.constantFrom("0018,1063", "0018,1063\\7fe0,0010")],
];

const element: fc.Arbitrary<NewElement> = fc.constantFrom(...VALUES).chain<NewElement>((
  [tag, vr, value],
) =>
  vr === "SQ"
    ? fc.constant({ tag, vr, value: [] })
    : value.map((text) => ({ tag, vr, value: text }))
);
const leaf = fc.uniqueArray(element, { selector: ({ tag }) => tag, maxLength: 8 });
const dataSet: fc.Arbitrary<NewDataSet> = fc.tuple(leaf, fc.array(leaf, { maxLength: 3 }))
  .map(([elements, items]) =>
    elements.map((given) => given.vr === "SQ" ? { ...given, value: items } : given)
  );

/** What was decoded in the form it was written in, sorted. */
function written(decoded: DataSet): NewDataSet {
  return decoded.elements.map((given) => ({
    tag: given.tag,
    vr: given.vr,
    value: given.items?.map(written) ?? valueText(given, decoded) ?? "",
  }));
}

/** Without trailing padding, which is not told from text; numbers by their value. */
function expected(elements: NewDataSet): NewDataSet {
  return elements.toSorted((a, b) => a.tag - b.tag).map(({ tag, vr, value }) => ({
    tag,
    vr,
    value: typeof value === "string" ? plain(vr, value) : (value as NewDataSet[]).map(expected),
  }));
}

function plain(vr: string, text: string): string {
  return vr === "FD"
    ? text.split("\\").map((part) => String(numberOf(part))).join("\\")
    : trimPadding(text);
}

const numberOf = (text: string) => Number(text.replace("inf", "Infinity"));

Deno.test("a data set comes back from each encoding, items and all", () => {
  const property = fc.property(dataSet, fc.constantFrom(...ENCODINGS), (given, encoding) => {
    const { elements, characterSet } = withCharacterSet(given, "ISO_IR 100");
    const decoded = decodeDataSet(
      encodeDataSet(elements, { encoding, characterSet }),
      encoding,
      OPTIONS,
    );
    const [declared, ...rest] = written(decoded);
    assert.deepEqual(declared, { tag: 0x00080005, vr: "CS", value: characterSet });
    const numeric = (set: NewDataSet): NewDataSet =>
      set.map((one) => ({
        ...one,
        value: typeof one.value === "string"
          ? plain(one.vr, one.value)
          : (one.value as NewDataSet[]).map(numeric),
      }));
    assert.deepEqual(numeric(rest), expected(given));
  });
  fc.assert(property, { numRuns: 300 });
});

Deno.test("encodeDataSet() sorts, pads, and writes each length field as PS3.5 Section 7.1 has it", () => {
  const elements: NewDataSet = [
    { tag: 0x00280010, vr: "US", value: "258" },
    { tag: 0x00080018, vr: "UI", value: "1.2" },
    { tag: 0x00080052, vr: "CS", value: "IMAGE" },
    { tag: 0x00081115, vr: "SQ", value: [[{ tag: 0x00080060, vr: "CS", value: "CT" }]] },
    { tag: 0x00091001, vr: "UN", value: Uint8Array.of(7) },
  ];
  assert.equal(
    hex(elements),
    "0800180055490400312e3200" + "080052004353 0600494d41474520".replace(" ", "") +
      "0800151153510000" + "12000000" + "feff00e00a000000" + "08006000435302004354" +
      "09000110554e0000" + "02000000" + "0700" + "2800100055530200" + "0201",
  );
  assert.equal(hex(elements.slice(0, 1), IMPLICIT_LITTLE_ENDIAN), "28001000020000000201");
  assert.equal(hex(elements.slice(0, 1), EXPLICIT_BIG_ENDIAN), "00280010555300020102");
});

Deno.test("encodeDataSet() writes what is too long for its length field as UN", () => {
  const value = "1\\".repeat(40_000);
  const start = hex([{ tag: 0x00200032, vr: "DS", value }]).slice(0, 24);
  assert.equal(start, "20003200554e000080380100");
  const short = hex([{ tag: 0x00200032, vr: "DS", value: value.slice(0, 65_534) }]).slice(0, 16);
  assert.equal(short, "200032004453feff");
});

Deno.test("encodeDataSet() refuses what is no number, no tag, or no text", () => {
  const cases: readonly (readonly [NewElement["vr"], NewElement["value"], string])[] = [
    ["US", "65536", "bad-request"],
    ["US", "-1", "bad-request"],
    ["SS", "1.5", "bad-request"],
    ["UL", "1\\x", "bad-request"],
    ["UV", "18446744073709551616", "bad-request"],
    ["SV", "", ""],
    ["FD", "1,5", "bad-request"],
    ["AT", "PatientName", "bad-request"],
    ["OW", "text", "bad-type"],
    ["SQ", "text", "bad-type"],
  ];
  for (const [vr, value, code] of cases) {
    const encode = () => hex([{ tag: 0x00091001, vr, value }]);
    if (code === "") assert.equal(encode(), "0900011053560000" + "00000000");
    else assert.throws(encode, { name: "DicomError", code }, vr);
  }
});

Deno.test("withCharacterSet() keeps the set where all fits, and takes Unicode where not", () => {
  const name = (value: string): NewDataSet => [{ tag: 0x00100010, vr: "PN", value }];
  const nested = (
    value: string,
  ): NewDataSet => [{ tag: 0x00081115, vr: "SQ", value: [name(value)] }];
  const set = (elements: NewDataSet, preferred: string) =>
    withCharacterSet(elements, preferred).characterSet;
  assert.equal(set(name("Jérôme"), "ISO_IR 100"), "ISO_IR 100");
  assert.equal(set(name("山田"), "ISO_IR 100"), "ISO_IR 192");
  assert.equal(set(nested("山田"), "ISO_IR 100"), "ISO_IR 192");
  assert.equal(set(name("山田"), "\\ISO 2022 IR 87"), "\\ISO 2022 IR 87");
  assert.equal(set(name("A"), ""), "");
  assert.deepEqual(withCharacterSet(name("A"), "").elements, name("A"));
  const declared: NewElement = { tag: 0x00080005, vr: "CS", value: "ISO_IR 6" };
  assert.equal(withCharacterSet([declared, ...name("é")], "ISO_IR 100").elements.length, 2);
});
