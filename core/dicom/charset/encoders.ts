import { DicomError } from "../../errors.ts";
import { type Decode, decodeLatin1, ESCAPES, type G0, G1 } from "./code_elements.ts";

/** The bytes of single characters in one code element, without escape sequences; ASCII is not among them. */
export type CharacterTable = ReadonlyMap<string, readonly number[]>;

/** Codes of the pairs of a set of 94 × 94 characters, in G0; in G1 they have their high bits. */
const FIRST = 0x21;
const LAST = 0x7e;

const tables = new Map<Decode | G0, CharacterTable>();

/**
 * The characters of what `ESCAPES` knows under `escape`: the inverse of its decoder, made when first needed.
 *
 * @throws DicomError `internal` if there is no such escape sequence
 */
export function charactersOf(escape: string): CharacterTable {
  const elements = ESCAPES.get(escape);
  const element = elements?.g0 ?? elements?.g1;
  if (!element) {
    throw new DicomError("internal", `Cannot encode text: no escape sequence ${escape}`);
  }
  return tableOf(element);
}

/** The characters of a code element: of its single bytes, and of its pairs where it has them. */
export function tableOf(element: Decode | G0): CharacterTable {
  const known = tables.get(element);
  if (known) return known;
  const table = typeof element === "function" ? upperTable(element) : lowerTable(element);
  tables.set(element, table);
  return table;
}

/** Bytes from 80: those of GB 18030 of up to four bytes, others of one or two. */
function upperTable(decode: Decode): CharacterTable {
  const table = new Map<string, readonly number[]>();
  for (let byte = 0x80; byte <= 0xff; byte++) addTo(table, decode, [byte]);
  if (decode === G1[58] || decode === G1[149]) {
    eachPair((first, second) => addTo(table, decode, [first | 0x80, second | 0x80]));
  }
  if (decode === G1.gb18030) addGb18030(table, decode);
  return table;
}

/** Bytes below 80: pairs, or the characters that differ from ASCII. */
function lowerTable(element: G0): CharacterTable {
  const table = new Map<string, readonly number[]>();
  const decode: Decode = (bytes) => element.decode(bytes, decodeLatin1);
  if (element.wide) eachPair((first, second) => addTo(table, decode, [first, second]));
  else for (let byte = FIRST; byte <= LAST; byte++) addTo(table, decode, [byte]);
  return table;
}

function eachPair(visit: (first: number, second: number) => void): void {
  for (let first = FIRST; first <= LAST; first++) {
    for (let second = FIRST; second <= LAST; second++) visit(first, second);
  }
}

/** GB 18030: pairs, and of the codes of four bytes those of the basic plane. */
function addGb18030(table: Map<string, readonly number[]>, decode: Decode): void {
  for (let first = 0x81; first <= 0xfe; first++) {
    for (let second = 0x40; second <= 0xfe; second++) addTo(table, decode, [first, second]);
  }
  for (let linear = 0; linear < GB18030_BASIC_CODES; linear++) {
    addTo(table, decode, gb18030Code(linear));
  }
}

/** Codes of four bytes from 81308130 to 8431A439. */
const GB18030_BASIC_CODES = 39_420;
/** Position of U+10000 among the codes of four bytes: 90308130. */
const GB18030_SUPPLEMENTARY = 189_000;

/** The code of four bytes at a position. */
function gb18030Code(linear: number): readonly number[] {
  return [
    0x81 + Math.floor(linear / 12_600),
    0x30 + Math.floor(linear / 1260) % 10,
    0x81 + Math.floor(linear / 10) % 126,
    0x30 + linear % 10,
  ];
}

/** The code in GB 18030 of a character beyond the basic plane. */
export function gb18030Supplementary(codePoint: number): readonly number[] {
  return gb18030Code(GB18030_SUPPLEMENTARY + codePoint - 0x10000);
}

/** Adds a code if it is one character that is no ASCII; the first code of a character counts. */
function addTo(table: Map<string, readonly number[]>, decode: Decode, bytes: readonly number[]) {
  const text = decode(Uint8Array.from(bytes));
  if (text.length !== 1 || text < "\x80" || text === "\ufffd" || table.has(text)) return;
  table.set(text, bytes);
}
