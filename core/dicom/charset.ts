import { DicomError } from "../errors.ts";
import {
  ASCII,
  type CodeElements,
  decodeAscii,
  decodeLatin1,
  ESCAPES,
  G1,
} from "./charset/code_elements.ts";
import { type DefinedTerm, parseEncoding, parseTerm } from "./charset/defined_terms.ts";

/** What a value of Specific Character Set (0008,0005) says; made here only, and to be handed on as it is. */
export interface CharacterSets {
  /** Active at the beginning of a value, and again after its delimiters. */
  readonly initial: CodeElements;
  /** Whether escape sequences are honoured. */
  readonly extensible: boolean;
}

const ESC = 0x1b;
const BACKSLASH = 0x5c;
const CIRCUMFLEX = 0x5e;
const EQUALS = 0x3d;

/** Bytes of ASCII up to which a call of the platform's decoder costs more than our own. */
const SHORT = 32;
/** Characters of (0008,0005) that are looked at: all the terms there are fit in. */
const MAX_LENGTH = 512;
/** Distinct texts of (0008,0005) that are remembered; after that the memory is begun anew. */
const MAX_CACHED = 256;

const cache = new Map<string, CharacterSets | undefined>();

/**
 * The character sets of `specificCharacterSet`, the text of (0008,0005) (PS3.3 Section C.12.1.1.2). Unknown
 * terms are passed over; `defaultSet` stands for a text that is missing, empty or has no known term.
 */
export function characterSets(
  specificCharacterSet: string | undefined,
  defaultSet: CharacterSets,
): CharacterSets {
  const text = specificCharacterSet?.slice(0, MAX_LENGTH) ?? "";
  if (!cache.has(text)) {
    if (cache.size >= MAX_CACHED) cache.clear();
    cache.set(text, parse(text));
  }
  return cache.get(text) ?? defaultSet;
}

/**
 * The character sets of a name of Orthanc's option `DefaultEncoding`, as `Latin1`, in any case of letters.
 * @throws DicomError `out-of-range` if there is no such name.
 */
export function defaultCharacterSets(orthancName: string): CharacterSets {
  const term = parseEncoding(orthancName);
  if (!term) {
    throw new DicomError("out-of-range", `Cannot use encoding ${orthancName}: it is unknown`);
  }
  return combine([term]);
}

/**
 * The character sets of a name that may change: whoever holds them decodes with those that it has now.
 *
 * @param orthancName gives a name that `defaultCharacterSets()` knows
 */
export function followingCharacterSets(orthancName: () => string): CharacterSets {
  let name = orthancName();
  let sets = defaultCharacterSets(name);
  const current = () => {
    const now = orthancName();
    if (now !== name) sets = defaultCharacterSets(name = now);
    return sets;
  };
  return {
    get initial() {
      return current().initial;
    },
    get extensible() {
      return current().extensible;
    },
  };
}

/**
 * Text of a whole value, all its values and its padding included: only here are delimiters told from halves
 * of characters, so split the text and not the bytes. Bytes without a meaning become U+FFFD. Escape
 * sequences are honoured, declared or not (PS3.5 Section 6.1.2.5).
 */
export function decodeText(
  bytes: Uint8Array,
  sets: CharacterSets,
  options?: { personName?: boolean },
): string {
  const { initial } = sets;
  let all = 0;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at]!;
    if (byte === ESC && sets.extensible) {
      return decodeExtended(bytes, initial, options?.personName === true);
    }
    all |= byte;
  }
  if (all >= 0x80 || initial.g0 !== ASCII) return initial.g0.decode(bytes, initial.g1);
  return bytes.length <= SHORT ? decodeLatin1(bytes) : G1.utf8(bytes);
}

function parse(text: string): CharacterSets | undefined {
  const terms = text.split("\\").map(parseTerm);
  const known = terms.filter((term) => term !== undefined);
  const empty = /^[\s\0]*$/.test(text);
  return empty || known.length === 0 ? undefined : combine([terms[0] ?? {}, ...known]);
}

/**
 * The first term is active at first. Where it has nothing for bytes from 80, the first that has is taken:
 * in the field, escape sequences are missing.
 */
function combine(terms: readonly DefinedTerm[]): CharacterSets {
  const upper = terms.find(({ initial }) => initial);
  return {
    initial: { g0: terms[0]?.initial?.g0 ?? ASCII, g1: upper?.initial?.g1 ?? decodeAscii },
    extensible: !upper?.alone,
  };
}

/** Text with escape sequences; what they make active lasts to the next delimiter (PS3.5 Section 6.1.2.5.3). */
function decodeExtended(bytes: Uint8Array, initial: CodeElements, personName: boolean): string {
  let active = initial;
  let text = "";
  for (let start = 0; start < bytes.length;) {
    const end = findSwitch(bytes, start, active.g0.wide, personName);
    if (end > start) text += active.g0.decode(bytes.subarray(start, end), active.g1);
    const found = readSwitch(bytes, end);
    text += found.text;
    active = found.active ? { ...active, ...found.active } : initial;
    start = end + found.length;
  }
  return text;
}

/** The next ESC or delimiter from `at`; in a wide set only control characters are. */
function findSwitch(bytes: Uint8Array, at: number, wide: boolean, personName: boolean): number {
  for (let end = at; end < bytes.length; end++) {
    const byte = bytes[end]!;
    if (byte < 0x20 || (!wide && byte === BACKSLASH)) return end;
    if (!wide && personName && (byte === CIRCUMFLEX || byte === EQUALS)) return end;
  }
  return bytes.length;
}

/** What a switch makes active, undefined if what was at first; its text; and its length in bytes. */
interface Switch {
  readonly active?: Partial<CodeElements>;
  readonly text: string;
  readonly length: number;
}

/** The ESC or delimiter at `at`, with the escape sequence; the longest of them are four bytes. */
function readSwitch(bytes: Uint8Array, at: number): Switch {
  if (bytes[at] !== ESC) return { text: decodeLatin1(bytes.subarray(at, at + 1)), length: 1 };
  for (const length of [3, 4]) {
    const active = ESCAPES.get(decodeLatin1(bytes.subarray(at + 1, at + length)));
    if (active) return { active, text: "", length };
  }
  return { active: {}, text: "\ufffd", length: 1 };
}
