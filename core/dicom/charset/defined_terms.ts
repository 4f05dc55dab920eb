import { ASCII, type CodeElements, type Decode, G1, ROMAJI } from "./code_elements.ts";

/** What a value of Specific Character Set stands for. */
export interface DefinedTerm {
  /** Active at first, if this is the first value; undefined if only escape sequences lead to the set. */
  readonly initial?: CodeElements;
  /** Whether the set knows no escape sequences (PS3.3 Table C.12-5). */
  readonly alone?: boolean;
  /** What makes the set active where it is not the first: a key of `ESCAPES`. */
  readonly escape?: string;
}

const ISO_IR_6: DefinedTerm = { escape: "(B" };

/** Sets by ISO-IR number, with or without code extensions (PS3.3 Tables C.12-2 to C.12-5). */
const BY_NUMBER: Readonly<Record<string, DefinedTerm>> = {
  6: ISO_IR_6,
  13: { initial: { g0: ROMAJI, g1: G1[13] }, escape: ")I" },
  14: { initial: { g0: ROMAJI, g1: G1[13] }, escape: "(J" },
  58: { initial: upper(G1[58]), escape: "$)A" },
  87: { escape: "$B" },
  100: { initial: upper(G1[100]), escape: "-A" },
  101: { initial: upper(G1[101]), escape: "-B" },
  109: { initial: upper(G1[109]), escape: "-C" },
  110: { initial: upper(G1[110]), escape: "-D" },
  126: { initial: upper(G1[126]), escape: "-F" },
  127: { initial: upper(G1[127]), escape: "-G" },
  138: { initial: upper(G1[138]), escape: "-H" },
  144: { initial: upper(G1[144]), escape: "-L" },
  148: { initial: upper(G1[148]), escape: "-M" },
  149: { initial: upper(G1[149]), escape: "$)C" },
  159: { escape: "$(D" },
  166: { initial: upper(G1[166]), escape: "-T" },
  192: { initial: upper(G1.utf8), alone: true },
  203: { initial: upper(G1[203]), escape: "-b" },
};

/** ISO-IR numbers by the part of ISO/IEC 8859. */
const BY_PART: Readonly<Record<string, string>> = {
  1: "100",
  2: "101",
  3: "109",
  4: "110",
  5: "144",
  6: "127",
  7: "126",
  8: "138",
  9: "148",
  11: "166",
  15: "203",
};

/** ISO-IR numbers by the names of Orthanc's option `DefaultEncoding`, in upper case. */
const BY_ENCODING: Readonly<Record<string, DefinedTerm | undefined>> = {
  ASCII: ISO_IR_6,
  UTF8: BY_NUMBER[192],
  LATIN1: BY_NUMBER[100],
  LATIN2: BY_NUMBER[101],
  LATIN3: BY_NUMBER[109],
  LATIN4: BY_NUMBER[110],
  LATIN5: BY_NUMBER[148],
  CYRILLIC: BY_NUMBER[144],
  WINDOWS1251: { initial: upper(G1.windows1251) },
  ARABIC: BY_NUMBER[127],
  GREEK: BY_NUMBER[126],
  HEBREW: BY_NUMBER[138],
  THAI: BY_NUMBER[166],
  JAPANESE: BY_NUMBER[13],
  JAPANESEKANJI: BY_NUMBER[87],
  CHINESE: { initial: upper(G1.gb18030), alone: true },
  SIMPLIFIEDCHINESE: BY_NUMBER[58],
  KOREAN: BY_NUMBER[149],
};

/**
 * Values of Specific Character Set to write for the names of Orthanc's option `DefaultEncoding`.
 * Windows' Cyrillic has no term; the standard's has the same letters.
 */
export const WRITTEN_TERMS = {
  Ascii: "",
  Utf8: "ISO_IR 192",
  Latin1: "ISO_IR 100",
  Latin2: "ISO_IR 101",
  Latin3: "ISO_IR 109",
  Latin4: "ISO_IR 110",
  Latin5: "ISO_IR 148",
  Cyrillic: "ISO_IR 144",
  Windows1251: "ISO_IR 144",
  Arabic: "ISO_IR 127",
  Greek: "ISO_IR 126",
  Hebrew: "ISO_IR 138",
  Thai: "ISO_IR 166",
  Japanese: "ISO_IR 13",
  Chinese: "GB18030",
  JapaneseKanji: "\\ISO 2022 IR 87",
  Korean: "\\ISO 2022 IR 149",
  SimplifiedChinese: "\\ISO 2022 IR 58",
} as const satisfies Record<string, string>;

/** Terms that are not made of a number: the standard's own and some that occur in the field. */
const BY_NAME: Readonly<Record<string, DefinedTerm | undefined>> = {
  "": ISO_IR_6,
  GB18030: BY_ENCODING.CHINESE,
  GBK: BY_ENCODING.CHINESE, // which GB 18030 extends
  ISO2022GBK: BY_ENCODING.CHINESE,
  ISO2022GB18030: BY_ENCODING.CHINESE,
  GB2312: BY_NUMBER[58],
  KSC5601: BY_NUMBER[149],
  EUCKR: BY_NUMBER[149],
  SHIFTJIS: BY_NUMBER[13],
  SJIS: BY_NUMBER[13],
  USASCII: ISO_IR_6,
};

/** The set of one value of Specific Character Set; spelling is forgiven, as in `iso-ir 100` or `latin1`. */
export function parseTerm(text: string): DefinedTerm | undefined {
  const term = text.replace(/[^0-9a-z]/gi, "").toUpperCase();
  const part = /^(?:ISO)?8859(\d{1,2})$/.exec(term)?.[1];
  const number = part ? BY_PART[part] : /^(?:ISO)?(?:2022)?(?:IR)?(\d{1,3})$/.exec(term)?.[1];
  if (number !== undefined) return own(BY_NUMBER, number);
  return own(BY_NAME, term) ?? parseEncoding(term);
}

/** The set of a name of Orthanc's option `DefaultEncoding`, in any case of letters. */
export function parseEncoding(name: string): DefinedTerm | undefined {
  return own(BY_ENCODING, name.toUpperCase());
}

function upper(g1: Decode): CodeElements {
  return { g0: ASCII, g1 };
}

function own<Value>(table: Readonly<Record<string, Value>>, key: string): Value | undefined {
  return Object.hasOwn(table, key) ? table[key] : undefined;
}
