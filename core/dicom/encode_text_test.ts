import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import fc from "fast-check";
import { characterSets, decodeText, defaultCharacterSets } from "./charset.ts";
import { encodeText, fits, UNICODE } from "./encode_text.ts";

const ASCII = defaultCharacterSets("Ascii");

/** PS3.5 Annexes H to K, and one text for each set of single bytes. */
const EXAMPLES: readonly (readonly [set: string, text: string, bytes: string])[] = [
  ["ISO_IR 100", "Buc^Jérôme", "4275635e4ae972f46d65"],
  ["ISO_IR 101", "Wałęsa", "5761b3ea7361"],
  ["ISO_IR 109", "ĉu", "e675"],
  ["ISO_IR 110", "ķēde", "f3ba6465"],
  ["ISO_IR 144", "Люкceмбypг", "bbeeda6365dcd17970d3"],
  ["ISO_IR 127", "قباني^لنزار", "e2c8c7e6ea5ee4e6d2c7d1"],
  ["ISO_IR 126", "Διονυσιος", "c4e9efedf5f3e9eff2"],
  ["ISO_IR 138", "שרון^דבורה", "f9f8e5ef5ee3e1e5f8e4"],
  ["ISO_IR 148", "Çavuşoğlu", "c7617675fe6ff06c75"],
  ["ISO_IR 166", "นามสกุล", "b9d2c1caa1d8c5"],
  ["ISO_IR 203", "10 €", "313020a4"],
  ["ISO_IR 13", "ﾔﾏﾀﾞ^ﾀﾛｳ", "d4cfc0de5ec0dbb3"],
  ["ISO_IR 192", "Wang^XiaoDong=王^小東", Buffer.from("Wang^XiaoDong=王^小東").toString("hex")],
  ["GB18030", "Wang^XiaoDong=王^小东", "57616e675e5869616f446f6e673dcdf55ed0a1b6ab"],
  ["GBK", "王^小东", "cdf55ed0a1b6ab"],
  [
    "\\ISO 2022 IR 87",
    "Yamada^Tarou=山田^太郎=やまだ^たろう",
    "59616d6164615e5461726f753d1b24423b3345441b28425e1b244242404f3a1b28423d1b24422464245e24401b28425e1b2442243f246d24261b2842",
  ],
  [
    "ISO 2022 IR 13\\ISO 2022 IR 87",
    "ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎",
    "d4cfc0de5ec0dbb33d1b24423b3345441b284a5e1b244242404f3a1b284a",
  ],
  [
    "\\ISO 2022 IR 149",
    "Hong^Gildong=洪^吉洞=홍^길동",
    "486f6e675e47696c646f6e673d1b242943fbf35e1b242943d1ced4d73d1b242943c8ab5e1b242943b1e6b5bf",
  ],
  [
    "\\ISO 2022 IR 58",
    "Zhang^XiaoDong=张^小东",
    "5a68616e675e5869616f446f6e673d1b242941d5c55e1b242941d0a1b6ab",
  ],
  ["ISO 2022 IR 100\\ISO 2022 IR 126", "é α", "e9201b2d46e1"],
];

Deno.test("encodeText() writes the examples of PS3.5 as they are printed, and fits() knows them", () => {
  for (const [set, text, hex] of EXAMPLES) {
    const bytes = encodeText(text, set, { personName: true });
    assert.equal(Buffer.from(bytes).toString("hex"), hex, `${set}: ${text}`);
    assert.equal(decodeText(bytes, characterSets(set, ASCII), { personName: true }), text);
    assert.equal(fits(text, set, { personName: true }), true);
  }
});

Deno.test("fits() is false for what a set lacks, and encodeText() writes a question mark", () => {
  for (const set of ["", "ISO_IR 100", "ISO_IR 13", "\\ISO 2022 IR 149", "ISO 2022 IR 6"]) {
    assert.equal(fits("Ж😀", set), false, set);
    assert.equal(decodeText(encodeText("😀", set), characterSets(set, ASCII)), "?");
  }
  assert.equal(fits("a~b", "ISO_IR 13"), false);
  assert.equal(fits("a~b", "ISO_IR 13\\ISO 2022 IR 6"), true);
  assert.equal(fits("\x1b$B", UNICODE), true);
  assert.equal(fits("\x1b$B", "ISO_IR 100"), false);
  assert.equal(fits("\ud800", UNICODE), false);
});

const SETS = [
  ...["6", "13", "100", "101", "109", "110", "126", "127", "138", "144", "148", "166", "203"]
    .map((number) => `ISO_IR ${number}`),
  ...["GBK", "GB18030", UNICODE, "", "GB2312"],
  ...["\\ISO 2022 IR 87", "ISO 2022 IR 13\\ISO 2022 IR 87\\ISO 2022 IR 159", "\\ISO 2022 IR 149"],
  ...["\\ISO 2022 IR 58", "ISO 2022 IR 100\\ISO 2022 IR 144\\ISO 2022 IR 126\\ISO 2022 IR 87"],
];

const text = fc.string({
  unit: fc.oneof(
    fc.constantFrom(..."aZ^=\\~\n é ñ ł Ж α ש ب ก ﾔ € 山 東 东 홍 ‾ ¥ 😀"),
    fc.string({ unit: "grapheme", minLength: 1, maxLength: 1 }),
  ),
  maxLength: 20,
});

Deno.test("what fits() comes back, in every set, whatever it is mixed with", () => {
  const property = fc.property(text, fc.constantFrom(...SETS), fc.boolean(), (given, set, name) => {
    const options = { personName: name };
    const back = decodeText(encodeText(given, set, options), characterSets(set, ASCII), options);
    assert.equal(back === given, fits(given, set, options));
  });
  fc.assert(property, { numRuns: 1000 });
});

Deno.test("every character of a set alone fits it, next to each other too", () => {
  for (const [set, text] of EXAMPLES) {
    const doubled = [...text.repeat(2)].join("") + text;
    assert.equal(fits(doubled, set), true, set);
  }
  const every = Array.from({ length: 0x10ffff - 0x10000 }, (_, index) => index + 0x10000);
  const some = every.filter((code) => code % 997 === 0).map((code) => String.fromCodePoint(code));
  assert.equal(fits(some.join(""), "GB18030"), true);
});
