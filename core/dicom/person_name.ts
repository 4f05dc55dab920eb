import { globMatches, type Matcher, normalize } from "./match.ts";

/**
 * Whether a name of a person is what `matcher` asks for. A query of one component group is looked for in the
 * alphabetic group, and if it has other letters in each; one of several, group by group, empty ones matching all
 * (PS3.4 Section C.2.2.2.1). Empty components at the end say nothing (PS3.5 Section 6.2.1.1).
 */
export function matchesName(
  matcher: Matcher,
  value: string | undefined,
  caseSensitive: boolean,
): boolean {
  if (value === undefined) return false;
  const wanted = patternsOf(matcher);
  const fold = caseSensitive ? (text: string) => text.trim() : normalize;
  return value.split("\\").some((name) =>
    wanted.some((pattern) => matchesOne(fold(pattern), fold(name)))
  );
}

/**
 * A pattern that fits all names that `matchesName()` takes, for an index that knows whole values only; undefined if
 * there is none.
 */
export function widerPattern(matcher: Matcher): Matcher | undefined {
  const [pattern, ...others] = patternsOf(matcher);
  if (pattern === undefined || others.length > 0) return undefined;
  const groups = pattern.split("=").map(withoutEmptyEnd);
  const isFirst = groups.length === 1 ? isAscii(pattern) : groups[0] !== "";
  const wide = groups.filter((group) => group !== "").map((group) => `${group}*`).join("");
  if (wide === "") return undefined;
  return { kind: "wildcard", pattern: `${isFirst ? "" : "*"}${wide}`.replace(/\*+/g, "*") };
}

/** The names, with wildcards or without, of which one is asked for. */
function patternsOf(matcher: Matcher): readonly string[] {
  if (matcher.kind === "equal") return matcher.values;
  return [matcher.kind === "wildcard" ? matcher.pattern : "*"];
}

function matchesOne(pattern: string, name: string): boolean {
  const groups = name.split("=");
  if (pattern.includes("=")) {
    return pattern.split("=").every((wanted, index) =>
      withoutEmptyEnd(wanted) === "" || matchesGroup(wanted, groups[index] ?? "")
    );
  }
  const asked = isAscii(pattern) ? groups.slice(0, 1) : groups;
  return asked.some((group) => matchesGroup(pattern, group));
}

function matchesGroup(pattern: string, group: string): boolean {
  return globMatches(withoutEmptyEnd(pattern), withoutEmptyEnd(group));
}

function withoutEmptyEnd(text: string): string {
  let end = text.length;
  while (end > 0 && (text[end - 1] === "^" || text[end - 1] === " ")) end--;
  return text.slice(0, end);
}

/** Other letters may be of any group. */
function isAscii(text: string): boolean {
  for (let at = 0; at < text.length; at++) if (text.charCodeAt(at) >= 0x80) return false;
  return true;
}
