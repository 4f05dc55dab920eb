import assert from "node:assert/strict";
import { convertBytes } from "dicom-character-set";
import fc from "fast-check";
import { DicomError } from "../errors.ts";
import {
  characterSets,
  decodeText,
  defaultCharacterSets,
  followingCharacterSets,
} from "./charset.ts";

const LATIN1 = defaultCharacterSets("Latin1");

/** Bytes of `text`, one for each of its characters. */
function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

/** Decodes a person name, each byte written as one character. */
function decodeName(charset: string | undefined, name: string): string {
  return decodeText(bytesOf(name), characterSets(charset, LATIN1), { personName: true });
}

/** Decodes long text, each byte written as one character. */
function decodeLong(charset: string | undefined, text: string): string {
  return decodeText(bytesOf(text), characterSets(charset, LATIN1));
}

/** Specific Character Set, bytes and text of the standard's examples. */
const EXAMPLES: Readonly<Record<string, readonly [string, string, string]>> = {
  "PS3.5 H.3.1": [
    "\\ISO 2022 IR 87",
    "Yamada^Tarou=\x1b$B;3ED\x1b(B^\x1b$BB@O:\x1b(B=\x1b$B$d$^$@\x1b(B^\x1b$B$?$m$&\x1b(B",
    "Yamada^Tarou=山田^太郎=やまだ^たろう",
  ],
  "PS3.5 H.3.2": [
    "ISO 2022 IR 13\\ISO 2022 IR 87",
    "\xd4\xcf\xc0\xde^\xc0\xdb\xb3=\x1b$B;3ED\x1b(J^\x1b$BB@O:\x1b(J" +
    "=\x1b$B$d$^$@\x1b(J^\x1b$B$?$m$&\x1b(J",
    "ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎=やまだ^たろう",
  ],
  "PS3.5 I.2": [
    "\\ISO 2022 IR 149",
    "Hong^Gildong=\x1b$)C\xfb\xf3^\x1b$)C\xd1\xce\xd4\xd7=\x1b$)C\xc8\xab^\x1b$)C\xb1\xe6\xb5\xbf",
    "Hong^Gildong=洪^吉洞=홍^길동",
  ],
  "PS3.5 J.1": [
    "ISO_IR 192",
    "Wang^XiaoDong=\xe7\x8e\x8b^\xe5\xb0\x8f\xe6\x9d\xb1=",
    "Wang^XiaoDong=王^小東=",
  ],
  "PS3.5 J.3": [
    "GB18030",
    "Wang^XiaoDong=\xcd\xf5^\xd0\xa1\xb6\xab=",
    "Wang^XiaoDong=王^小东=",
  ],
  "PS3.5 K.2": [
    "\\ISO 2022 IR 58",
    "Zhang^XiaoDong=\x1b$)A\xd5\xc5^\x1b$)A\xd0\xa1\xb6\xab= ",
    "Zhang^XiaoDong=张^小东= ",
  ],
  "JIS X 0212": [
    "\\ISO 2022 IR 87\\ISO 2022 IR 159",
    "Mori^Ogai=\x1b$B?9\x1b(B^\x1b$(Dl?\x1b$B30\x1b(B=\x1b$B$b$j\x1b(B^\x1b$B$*$&$,$$\x1b(B",
    "Mori^Ogai=森^鷗外=もり^おうがい",
  ],
};

for (const [example, [charset, bytes, text]] of Object.entries(EXAMPLES)) {
  Deno.test(`decodeText() reads the person name of ${example}`, () => {
    assert.equal(decodeName(charset, bytes), text);
  });
}

Deno.test("decodeText() reads the long texts of PS3.5 I.3 and K.3", () => {
  assert.equal(
    decodeLong(
      "\\ISO 2022 IR 149",
      "\x1b$)CThe 1st line includes \xb1\xe6\xb5\xbf.\r\n\x1b$)C2nd: \xb1\xe6\xb5\xbf, too.\r\n",
    ),
    "The 1st line includes 길동.\r\n2nd: 길동, too.\r\n",
  );
  assert.equal(
    decodeLong("\\ISO 2022 IR 58", "1.\x1b$)A\xb5\xda\xd2\xbb\xd0\xd0\xce\xc4\xd7\xd6\xa1\xa3\r\n"),
    "1.第一行文字。\r\n",
  );
});

/** ISO-IR number, the final byte of its escape sequence, and a word. */
const SINGLE_BYTE: readonly [number, string, string, string][] = [
  [100, "A", "J\xe9r\xf4me", "Jérôme"],
  [101, "B", "Wa\xb3\xeasa", "Wałęsa"],
  [109, "C", "anta\xfdnomo", "antaŭnomo"],
  [110, "D", "v\xe0rds", "vārds"],
  [126, "F", "\xc4\xe9\xef\xed\xf5\xf3\xe9\xef\xf2", "Διονυσιος"],
  [127, "G", "\xe2\xc8\xc7\xe6\xea", "قباني"],
  [138, "H", "\xf9\xf8\xe5\xef", "שרון"],
  [144, "L", "\xbb\xee\xdace\xdc\xd1yp\xd3", "Люкceмбypг"],
  [148, "M", "\xc7avu\xfeo\xf0lu", "Çavuşoğlu"],
  [166, "T", "\xb9\xd2\xc1\xca\xa1\xd8\xc5", "นามสกุล"],
  [203, "b", "c\xbdur \xa4", "cœur €"],
];

for (const [number, final, bytes, text] of SINGLE_BYTE) {
  Deno.test(`decodeText() reads ISO-IR ${number}, with and without code extensions`, () => {
    assert.equal(decodeLong(`ISO_IR ${number}`, bytes), text);
    assert.equal(decodeLong(`ISO 2022 IR ${number}`, bytes), text);
    const extended = `\x1b-${final}${bytes}`;
    assert.equal(decodeLong(`ISO 2022 IR 6\\ISO 2022 IR ${number}`, extended), text);
    assert.equal(decodeLong("ISO_IR 6", extended), text, "undeclared");
    assert.equal(decodeLong(`ISO_IR ${number}`, "\x80\x85\x93\x9f"), "\x80\x85\x93\x9f");
  });
}

Deno.test("decodeText() reads JIS X 0201, with an overline and with 5C as the delimiter", () => {
  assert.equal(decodeLong("ISO_IR 13", "\xd4\xcf\xc0\xde\\~"), "ﾔﾏﾀﾞ\\‾");
  assert.equal(decodeLong("\\ISO 2022 IR 13", "~\x1b(J~\x1b)I\xb1\x1b(B~"), "~‾ｱ~");
});

Deno.test("decodeText() goes back to the first set at delimiters", () => {
  const charset = "ISO 2022 IR 100\\ISO 2022 IR 144";
  for (const delimiter of ["\\", "\r", "\n", "\f", "\t"]) {
    const text = decodeLong(charset, `\xe9\x1b-L\xbb${delimiter}\xe9`);
    assert.equal(text, `éЛ${delimiter}é`);
  }
  assert.equal(decodeName(charset, "\x1b-L\xbb^\xe9=\x1b-L\xbb=\xe9"), "Л^é=Л=é");
  assert.equal(decodeLong(charset, "\x1b-L\xbb^\xbb=\xbb"), "Л^Л=Л");
});

Deno.test("decodeText() takes no half of a character for a delimiter", () => {
  assert.equal(decodeLong("GB18030", "\xd5\x5c\\\xd5\x5c"), "誠\\誠");
  assert.equal(decodeLong("GBK", "\xd5\x5c\\\xd5\x5c"), "誠\\誠");
  assert.equal(decodeLong("ISO_IR 13", "\x95\x5c\\\x95\x5c"), "表\\表"); // Shift JIS
  assert.equal(decodeName("\\ISO 2022 IR 87", "\x1b$B0\\=5A^\x1b(B^a"), "移週挿^a");
});

Deno.test("decodeText() reads ISO 2022 IR 149 where escape sequences are missing", () => {
  assert.equal(decodeName("\\ISO 2022 IR 149", "\xc8\xab^\xb1\xe6\xb5\xbf"), "홍^길동");
  assert.equal(decodeName("ISO 2022 IR 149", "\x1b$)C\xc8\xab^\xb1\xe6\xb5\xbf"), "홍^길동");
});

Deno.test("decodeText() writes U+FFFD for bytes without a meaning, and loses none silently", () => {
  assert.equal(decodeLong("ISO_IR 6", "a\xe9b"), "a\ufffdb");
  assert.equal(decodeLong("ISO_IR 127", "a\xa1b"), "a\ufffdb");
  assert.equal(decodeLong("ISO_IR 192", "a\xe9b"), "a\ufffdb");
  assert.equal(decodeLong("ISO_IR 100", "a\x1b%Gb"), "a\ufffd%Gb");
  assert.equal(decodeLong("ISO_IR 100", "a\x1b"), "a\ufffd");
  assert.equal(decodeLong("\\ISO 2022 IR 87", "\x1b$B;"), "\ufffd");
  assert.equal(decodeLong("\\ISO 2022 IR 87", "\x1b$B;\xe9\r"), "\ufffd\ufffd\r");
});

Deno.test("decodeText() reads texts longer than one call of the platform takes", () => {
  for (const charset of ["ISO_IR 6", "ISO_IR 100", "ISO_IR 144"]) {
    assert.equal(decodeLong(charset, "\\a".repeat(300_000)), "\\a".repeat(300_000));
  }
  assert.equal(decodeLong("ISO_IR 100", "\xe9".repeat(300_000)), "é".repeat(300_000));
});

Deno.test("characterSets() forgives spelling", () => {
  const LATIN2 = [
    "ISO_IR 101",
    "ISO-IR 101",
    "ISO IR 101",
    "iso_ir101",
    "ISO 2022 IR 101 ",
    "latin2",
  ];
  for (const term of [...LATIN2, "ISO 8859-2", "ISO_2022-IR 101", "ISO 2022 101"]) {
    assert.equal(decodeLong(term, "\xb3"), "ł", term);
  }
  for (
    const term of ["UTF-8", "utf8", "iso_ir_192", "\\ISO_IR 192", "ISO_IR 192\\ISO 2022 IR 100"]
  ) {
    assert.equal(decodeLong(term, "\xc3\xa9"), "é", term);
  }
  assert.equal(decodeLong("ISO 2022 GBK", "\xd5\x5c"), "誠");
  assert.equal(decodeLong("ISO 2022 58", "\xd5\xc5"), "张");
});

Deno.test("characterSets() falls back to the default set", () => {
  const cyrillic = defaultCharacterSets("Cyrillic");
  for (const text of [undefined, "", "  ", "\0", "ISO_IR 999", "constructor"]) {
    assert.equal(characterSets(text, cyrillic), cyrillic, text);
  }
  assert.notEqual(characterSets("\\", cyrillic), cyrillic);
  assert.equal(decodeLong("what\\ISO 2022 IR 101", "\xb3"), "ł");
});

Deno.test("characterSets() gives the same sets for the same text", () => {
  const sets = characterSets("ISO_IR 110", LATIN1);
  assert.equal(characterSets("ISO_IR 110", LATIN1), sets);
});

/** The names of Orthanc's `DefaultEncoding`, bytes and their text. */
const ENCODINGS: Readonly<Record<string, readonly [string, string]>> = {
  Ascii: ["\xe9", "\ufffd"],
  Utf8: ["\xc3\xa9", "é"],
  Latin1: ["\xe9", "é"],
  Latin2: ["\xb3", "ł"],
  Latin3: ["\xfd", "ŭ"],
  Latin4: ["\xe0", "ā"],
  Latin5: ["\xfe", "ş"],
  Cyrillic: ["\xbb", "Л"],
  Windows1251: ["\xcb\x88", "Л€"],
  Arabic: ["\xe2", "ق"],
  Greek: ["\xc4", "Δ"],
  Hebrew: ["\xf9", "ש"],
  Thai: ["\xb9", "น"],
  Japanese: ["\xd4", "ﾔ"],
  JapaneseKanji: ["\x1b$B;3", "山"],
  Chinese: ["\xd5\x5c", "誠"],
  SimplifiedChinese: ["\xd5\xc5", "张"],
  Korean: ["\xc8\xab", "홍"],
};

Deno.test("defaultCharacterSets() knows Orthanc's encodings, in any case of letters", () => {
  for (const [name, [bytes, text]] of Object.entries(ENCODINGS)) {
    for (const spelling of [name, name.toUpperCase()]) {
      assert.equal(decodeText(bytesOf(bytes), defaultCharacterSets(spelling)), text, name);
    }
  }
  for (const name of ["", "Latin9", "toString"]) {
    assert.throws(
      () => defaultCharacterSets(name),
      (error) => error instanceof DicomError && error.code === "out-of-range",
    );
  }
});

const anyTerm = fc.constantFrom(
  ...["", "ISO_IR 192", "GB18030", "GBK", "what"],
  ...[6, 13, 58, 87, 100, 101, 126, 144, 149, 159, 166].map((number) => `ISO 2022 IR ${number}`),
);
const anyCharset = fc.array(anyTerm, { maxLength: 4 }).map((terms) => terms.join("\\"));
/** Bytes with more escape sequences, and parts of them, than chance would have. */
const anyText = fc.array(
  fc.oneof(
    fc.uint8Array({ maxLength: 8 }),
    fc.constantFrom("\x1b", "\x1b$", "\x1b$B", "\x1b$(D", "\x1b$)C", "\x1b$)A", "\x1b(J", "\x1b)I")
      .map(bytesOf),
  ),
).map((parts) => Uint8Array.from(parts.flatMap((part) => [...part])));

Deno.test("decodeText() makes text of any bytes in any sets", () => {
  fc.assert(fc.property(anyText, anyCharset, fc.boolean(), (bytes, charset, personName) => {
    const text = decodeText(bytes, characterSets(charset, LATIN1), { personName });
    assert.equal(typeof text, "string");
    if (bytes.length > 0 && !bytes.includes(0x1b)) assert.notEqual(text, "");
  }));
});

Deno.test("decodeText() reads ASCII as itself in every set but JIS X 0201", () => {
  const ascii = fc.string({
    unit: fc.nat(0x7f).filter((c) => c !== 0x1b).map(String.fromCharCode),
  });
  const others = anyCharset.filter((charset) => !charset.startsWith("ISO 2022 IR 13"));
  fc.assert(fc.property(ascii, others, (text, charset) => {
    assert.equal(decodeName(charset, text), text);
  }));
});

Deno.test("decodeText() reads any UTF-8", () => {
  const sets = characterSets("ISO_IR 192", LATIN1);
  fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => {
    assert.equal(decodeText(new TextEncoder().encode(text), sets), text);
  }));
});

/** Valid text with code extensions: each part declares its set, and returns to ASCII. */
const wide = (escape: string, first: number, last: number, high: number) =>
  fc.array(fc.tuple(fc.integer({ min: first, max: last }), fc.integer({ min: 0x21, max: 0x7e })), {
    minLength: 1,
    maxLength: 4,
  }).map((pairs) =>
    escape + String.fromCharCode(...pairs.flat().map((byte) => byte | high)) + "\x1b(B"
  );
/** The other program does not know Latin alphabet No. 9. */
const COMMON = SINGLE_BYTE.filter(([number]) => number !== 203);
const single = COMMON.map(([, final, bytes]) => fc.constant(`\x1b-${final}${bytes}`));
const part = fc.oneof(
  wide("\x1b$B", 0x30, 0x4e, 0), // kanji of level 1
  wide("\x1b$)C", 0x30, 0x48, 0x80), // hangul
  wide("\x1b$)A", 0x30, 0x56, 0x80), // hanzi of level 1
  fc.constantFrom("a", "Name", "\x1b(J12", "\x1b(J\x1b)I\xb1\xb2"),
  ...single,
);
const separated = fc.array(fc.tuple(part, fc.constantFrom("^", "=", "\\", "\r\n")), {
  maxLength: 6,
})
  .map((parts) => parts.flat().join(""));

Deno.test("decodeText() agrees with dicom-character-set on valid text with code extensions", () => {
  const numbers = [6, 13, 58, 87, 149, ...COMMON.map(([number]) => number)];
  const charset = numbers.map((number) => `ISO 2022 IR ${number}`).join("\\");
  fc.assert(fc.property(separated, (text) => {
    assert.equal(decodeName(charset, text), convertBytes(charset, bytesOf(text), { vr: "PN" }));
  }));
});

Deno.test("followingCharacterSets() decodes with the sets that the name has now", () => {
  let name = "Latin1";
  const sets = followingCharacterSets(() => name);
  const text = () => decodeText(new Uint8Array([0xc1]), sets);
  assert.equal(text(), "\u00c1");
  name = "Greek";
  assert.equal(text(), "\u0391");
  name = "Latin1";
  assert.equal(text(), "\u00c1");
});
