import { type CharacterSets, characterSets, decodeText, defaultCharacterSets } from "./charset.ts";
import { ASCII, decodeAscii, ESCAPES, G1 } from "./charset/code_elements.ts";
import { type DefinedTerm, parseTerm } from "./charset/defined_terms.ts";
import {
  charactersOf,
  type CharacterTable,
  gb18030Supplementary,
  tableOf,
} from "./charset/encoders.ts";

/** How text of a VR is to be encoded. */
export interface TextOptions {
  /** Whether `^` and `=` are delimiters, at which escape sequences end (VR PN). */
  readonly personName?: boolean;
}

/** The set that has every character (PS3.3 Table C.12-5). */
export const UNICODE = "ISO_IR 192";

const ESC = 0x1b;
const UNKNOWN = 0x3f;

/** What is active at a place of a text: escape sequences, without their ESC. */
interface Active {
  readonly g0: string;
  readonly g1: string;
}

/** A Specific Character Set as it is written. */
interface Writer {
  /** Active at first and after each delimiter; `""` for code elements that no escape sequence has. */
  readonly initial: Active;
  /** Escape sequences that lead to other sets, in the order of their declaration. */
  readonly escapes: readonly string[];
  readonly tables: ReadonlyMap<string, CharacterTable>;
  /** Whether U+10000 and above have codes: GB 18030. */
  readonly supplementary: boolean;
  /** What reads back what was written. */
  readonly sets: CharacterSets;
}

const writers = new Map<string, Writer>();
/** Distinct sets that are remembered; after that the memory is begun anew. */
const MAX_CACHED = 64;
const utf8 = new TextEncoder();
const ascii = defaultCharacterSets("Ascii");

/**
 * `text` in a Specific Character Set, with escape sequences where it has several (PS3.5 Section 6.1.2.5). What
 * the set lacks becomes `?`: see `fits()`.
 *
 * @param characterSet the text of (0008,0005); unknown terms are passed over
 */
export function encodeText(
  text: string,
  characterSet: string,
  options: TextOptions = {},
): Uint8Array {
  const writer = writerOf(characterSet);
  if (writer.sets.initial.g1 === G1.utf8) return utf8.encode(text);
  return encodeWith(writer, text, options);
}

/** Whether `text` comes back as it is when what `encodeText()` makes of it is decoded. */
export function fits(text: string, characterSet: string, options: TextOptions = {}): boolean {
  const { sets, initial } = writerOf(characterSet);
  if (initial.g0 === ASCII_ESCAPE && isPlain(text)) return true;
  return decodeText(encodeText(text, characterSet, options), sets, options) === text;
}

const ASCII_ESCAPE = "(B";

/** Whether all characters are of ASCII, and none begins an escape sequence. */
function isPlain(text: string): boolean {
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code >= 0x80 || code === ESC) return false;
  }
  return true;
}

function writerOf(characterSet: string): Writer {
  let writer = writers.get(characterSet);
  if (!writer) {
    if (writers.size >= MAX_CACHED) writers.clear();
    writer = makeWriter(characterSet);
    writers.set(characterSet, writer);
  }
  return writer;
}

function makeWriter(characterSet: string): Writer {
  const sets = characterSets(characterSet, ascii);
  const terms = characterSet.split("\\").map((term) => parseTerm(term) ?? {});
  // The decoder forgives where an escape sequence to a set is missing; what is written has it.
  const { g0, g1 } = terms[0]?.initial ?? { g0: ASCII, g1: decodeAscii };
  const initial = {
    g0: g0 === ASCII ? ASCII_ESCAPE : "(J",
    g1: [...ESCAPES].find(([, elements]) => elements.g1 === g1)?.[0] ?? "",
  };
  const escapes = sets.extensible && terms.length > 1 ? escapesOf(terms) : [];
  const tables = new Map(escapes.map((escape) => [escape, charactersOf(escape)]));
  tables.set(initial.g0, tableOf(g0)).set(initial.g1, tableOf(g1));
  return { initial, escapes, tables, supplementary: g1 === G1.gb18030, sets };
}

/** ISO_IR 13 brings the Romaji of ISO_IR 14 with it (PS3.3 Table C.12-3). */
function escapesOf(terms: readonly DefinedTerm[]): string[] {
  return terms.flatMap(({ escape }) =>
    escape === undefined ? [] : escape === ")I" ? [escape, "(J"] : [escape]
  );
}

function encodeWith(writer: Writer, text: string, { personName }: TextOptions): Uint8Array {
  const bytes: number[] = [];
  let active = writer.initial;
  const switchTo = (escape: string) => {
    bytes.push(ESC);
    for (const letter of escape) bytes.push(letter.charCodeAt(0));
    active = isG0(escape) ? { ...active, g0: escape } : { ...active, g1: escape };
  };
  for (const character of text) {
    const code = character.codePointAt(0)!;
    if (code < 0x80 && !hidesTilde(active.g0, code)) {
      if (isWide(active.g0)) switchTo(writer.initial.g0);
      bytes.push(code);
      if (isDelimiter(code, personName === true)) active = writer.initial;
      continue;
    }
    const escape = whereIs(writer, active, character);
    if (escape !== undefined) {
      if (escape !== active.g0 && escape !== active.g1) switchTo(escape);
      bytes.push(...codeIn(writer, escape, character));
    } else if (code >= 0x10000 && writer.supplementary) bytes.push(...gb18030Supplementary(code));
    else {
      if (isWide(active.g0)) switchTo(writer.initial.g0);
      bytes.push(UNKNOWN);
    }
  }
  if (active.g0 !== writer.initial.g0) switchTo(writer.initial.g0);
  return Uint8Array.from(bytes);
}

/** Where `character` is: in what is active, or in the first set that has it. */
function whereIs(writer: Writer, active: Active, character: string): string | undefined {
  const candidates = [active.g0, active.g1, ...writer.escapes];
  return candidates.find((escape) => {
    if (character === "~") return escape === ASCII_ESCAPE && writer.escapes.includes(escape);
    return writer.tables.get(escape)?.has(character);
  });
}

/** The bytes of a character that is in a set. */
function codeIn(writer: Writer, escape: string, character: string): readonly number[] {
  return character === "~" ? [0x7e] : writer.tables.get(escape)!.get(character)!;
}

/** Whether an escape sequence is about bytes below 80. */
function isG0(escape: string): boolean {
  return ESCAPES.get(escape)?.g0 !== undefined;
}

function isWide(escape: string): boolean {
  return ESCAPES.get(escape)?.g0?.wide === true;
}

/** In Romaji the code of the tilde is an overline. */
function hidesTilde(g0: string, code: number): boolean {
  return code === 0x7e && g0 === "(J";
}

/** PS3.5 Section 6.1.2.5.3: what ends the effect of escape sequences. */
function isDelimiter(code: number, personName: boolean): boolean {
  if (code < 0x20 || code === 0x5c) return true;
  return personName && (code === 0x5e || code === 0x3d);
}
