import { DicomError } from "../errors.ts";
import { formatTag, type Tag } from "./tag.ts";
import type { Vr } from "./vr.ts";

/** What one attribute of a query asks of a value (PS3.4 Section C.2.2.2). */
export type Matcher =
  /** Single value matching, or a list of which one must be equal. */
  | { readonly kind: "equal"; readonly values: readonly string[] }
  /** `*` and `?` stand for any text and any character. */
  | { readonly kind: "wildcard"; readonly pattern: string }
  /** Both ends are inclusive; an open end is undefined. */
  | { readonly kind: "range"; readonly from: string | undefined; readonly to: string | undefined }
  /** The attribute must be there, whatever its value. */
  | { readonly kind: "present" };

/** A pattern with more stars than this is refused: matching it could take long. */
const MAXIMUM_STARS = 16;

const WILDCARD_VRS: ReadonlySet<Vr> = new Set<Vr>(
  ["AE", "CS", "LO", "LT", "PN", "SH", "ST", "UC", "UR", "UT", "DS", "IS", "AS", "UN"],
);
const RANGE_VRS: ReadonlySet<Vr> = new Set<Vr>(["DA", "TM", "DT"]);

/**
 * Reads the value of a query attribute.
 *
 * @returns undefined for universal matching: the empty value
 * @throws DicomError `out-of-range` for a wildcard where the VR has none
 */
export function matcherOf(tag: Tag, vr: Vr, text: string): Matcher | undefined {
  if (text === "") return undefined;
  if (text === "*") return { kind: "present" };
  if (/[*?]/.test(text)) return wildcard(tag, vr, text);
  if (RANGE_VRS.has(vr) && text.includes("-")) return range(vr, text);
  return { kind: "equal", values: text.split("\\") };
}

function wildcard(tag: Tag, vr: Vr, text: string): Matcher {
  if (!WILDCARD_VRS.has(vr)) {
    throw new DicomError("out-of-range", `Wildcards are not allowed on tag ${formatTag(tag)}`);
  }
  const pattern = text.replace(/\*+/g, "*");
  if (pattern.split("*").length - 1 > MAXIMUM_STARS) {
    throw new DicomError(
      "bad-request",
      `Cannot match tag ${formatTag(tag)}: more than ${MAXIMUM_STARS} wildcards`,
    );
  }
  return { kind: "wildcard", pattern };
}

/** `a-b`, `a-` or `-b`; in DT a hyphen may also be the sign of a time zone (PS3.4 Section C.2.2.2.5). */
function range(vr: Vr, text: string): Matcher {
  const open = (part: string) => part === "" ? undefined : part;
  const match = vr === "DT"
    ? /^(\d*(?:\.\d+)?(?:[+-]\d{4}(?=-|$))?)-(\d*(?:\.\d+)?(?:[+-]\d{4})?)$/.exec(text)
    : /^([^-]*)-([^-]*)$/.exec(text);
  if (!match) return { kind: "equal", values: [text] };
  return { kind: "range", from: open(match[1]!), to: open(match[2]!) };
}

/** Whether `value` (undefined: absent) is what `matcher` asks for: as a whole, or one of its parts. */
export function matches(
  matcher: Matcher,
  value: string | undefined,
  caseSensitive: boolean,
): boolean {
  if (value === undefined) return false;
  const fold = caseSensitive ? (text: string) => text.trim() : normalize;
  return alternatives(value).some((part) => matchesOne(matcher, fold(part), fold));
}

/** What a query may match: the whole value, and each part of a multiple one (PS3.4 Section C.2.2.2). */
export function alternatives(value: string): readonly string[] {
  return value.includes("\\") ? [value, ...value.split("\\")] : [value];
}

function matchesOne(matcher: Matcher, folded: string, fold: (text: string) => string): boolean {
  switch (matcher.kind) {
    case "present":
      return true;
    case "equal":
      return matcher.values.some((wanted) => fold(wanted) === folded);
    case "wildcard":
      return globMatches(fold(matcher.pattern), folded);
    case "range":
      return inRange(folded, matcher.from, matcher.to);
  }
}

/** Whether `value` is between two texts of the same form; a shorter upper end covers all it begins. */
export function inRange(value: string, from: string | undefined, to: string | undefined): boolean {
  if (value === "") return false;
  return (from === undefined || value >= from) && (to === undefined || value < upperEnd(to));
}

/** The first text beyond all that begin with `to`. */
export function upperEnd(to: string): string {
  return `${to}\u{10ffff}`;
}

/** `text` as it is compared without regard to case: upper case, without outer spaces. */
export function normalize(text: string): string {
  return text.trim().toUpperCase();
}

/** Whether all of `text` fits a pattern of `*` and `?`, in time bounded by the product of their lengths. */
export function globMatches(pattern: string, text: string): boolean {
  const wanted = characters(pattern);
  const given = characters(text);
  let w = 0;
  let g = 0;
  let star = -1;
  let resume = 0;
  while (g < given.length) {
    if (wanted[w] === "*") {
      star = w++;
      resume = g;
    } else if (w < wanted.length && (wanted[w] === "?" || wanted[w] === given[g])) {
      w++;
      g++;
    } else if (star >= 0) {
      w = star + 1;
      g = ++resume;
    } else return false;
  }
  while (wanted[w] === "*") w++;
  return w === wanted.length;
}

/** `text` by characters: those beyond the basic plane take two places of a string. */
function characters(text: string): ArrayLike<string> {
  return /[\ud800-\udbff]/.test(text) ? Array.from(text) : text;
}
