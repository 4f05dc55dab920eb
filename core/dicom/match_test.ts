import assert from "node:assert/strict";
import fc from "fast-check";
import { alternatives, globMatches, inRange, matcherOf, matches } from "./match.ts";
import { TAG } from "./tag.ts";
import type { Vr } from "./vr.ts";

const RUNS = { numRuns: Number(Deno.env.get("FUZZ_RUNS") ?? 500) };

/** Whether a query of `text` matches `value`, without regard to case unless told. */
function fits(vr: Vr, text: string, value: string | undefined, caseSensitive = false): boolean {
  const matcher = matcherOf(TAG.patientName, vr, text);
  return matcher === undefined || matches(matcher, value, caseSensitive);
}

type Row = readonly [
  vr: Vr,
  query: string,
  matching: readonly (string | undefined)[],
  other: readonly (string | undefined)[],
];

const TABLE: Readonly<Record<string, Row>> = {
  "universal (C.2.2.2.3)": ["PN", "", ["", "Doe^John", undefined], []],
  "presence": ["PN", "*", ["", "Doe^John"], [undefined]],
  "single value (C.2.2.2.1)": ["PN", "Doe^John", ["Doe^John", "DOE^JOHN", " doe^john "], [
    "Doe",
    "Doe^Johnny",
    "",
    undefined,
  ]],
  "wildcard * (C.2.2.2.4)": ["PN", "Doe*", ["Doe", "doe^John"], ["John^Doe", "", undefined]],
  "wildcard * in the middle": ["LO", "a*c", ["ac", "abc", "ABBC"], ["ab", "acb"]],
  "wildcard ?": ["LO", "a?c", ["abc"], ["ac", "abbc"]],
  "wildcard ? of one character of any plane": ["LO", "a?c", ["a\u{20bb7}c"], ["a\u{20bb7}bc"]],
  "several stars": ["LO", "**a***b**", ["ab", "xaxbx"], ["ba"]],
  "other characters of patterns mean themselves": ["LO", "a.[b]*", ["a.[b]"], ["axb", "a.b"]],
  "list of UIDs (C.2.2.2.2)": ["UI", "1.2\\1.3", ["1.2", "1.3"], ["1.2.3", "1", ""]],
  "one of multiple values": ["CS", "B", ["A\\B", "B\\C", "b"], ["AB", "A\\C"]],
  "all of multiple values": ["CS", "A*B", ["A\\B"], ["B\\A"]],
  "wildcard on one of multiple values": ["CS", "B*", ["A\\BC"], ["A\\CB"]],
  "range of dates (C.2.2.2.5)": ["DA", "20200101-20201231", [
    "20200101",
    "20200615",
    "20201231",
  ], ["20191231", "20210101", "", undefined]],
  "range of dates with an open end": ["DA", "20200101-", ["20200101", "99991231"], ["20191231"]],
  "range of dates with an open start": ["DA", "-20200101", ["20200101", "00010101"], ["20200102"]],
  "range of times, whose end covers what it begins": ["TM", "1000-1200", [
    "1000",
    "100000",
    "120059.999",
  ], ["095959", "1201"]],
  "range of date-times": ["DT", "2020-2021", ["20200101", "20211231235959.9"], [
    "20191231",
    "2022",
  ]],
  "range of date-times with time zones": [
    "DT",
    "20200101120000-0500-20200102",
    ["20200101130000"],
    ["20200103"],
  ],
  "date-time with a time zone, no range": ["DT", "20200101120000+0100", [
    "20200101120000+0100",
  ], ["20200101120000"]],
  "a date, no range": ["DA", "20200101", ["20200101"], ["20200102", "2020"]],
  "a hyphen where there are no ranges": ["LO", "A-B", ["A-B"], ["A", "B"]],
  "text without case in other scripts": ["PN", "ÉTÉ*", ["été^x", "Été"], ["ete"]],
};

for (const [name, [vr, query, matching, other]] of Object.entries(TABLE)) {
  Deno.test(`matches() knows ${name}`, () => {
    for (const value of matching) assert.ok(fits(vr, query, value), `${query} and ${value}`);
    for (const value of other) assert.ok(!fits(vr, query, value), `${query} but ${value}`);
  });
}

Deno.test("matches() minds the case of letters when it is told to", () => {
  for (const query of ["Doe", "Doe*", "D?e", "Roe\\Doe"]) {
    assert.ok(fits("PN", query, "Doe", true));
    assert.ok(fits("PN", query, " Doe ", true));
    assert.ok(!fits("PN", query, "DOE", true));
    assert.ok(fits("PN", query, "DOE", false));
  }
});

Deno.test("matcherOf() refuses wildcards where the VR has none, and too many of them", () => {
  for (const vr of ["DA", "TM", "DT", "UI", "US", "SQ"] as const) {
    assert.throws(() => matcherOf(TAG.studyDate, vr, "2020*"), {
      name: "DicomError",
      code: "out-of-range",
      message: "Wildcards are not allowed on tag 0008,0020",
    });
  }
  assert.ok(matcherOf(TAG.patientName, "PN", "*a".repeat(16)));
  assert.throws(() => matcherOf(TAG.patientName, "PN", "*a".repeat(17)), { code: "bad-request" });
});

Deno.test("alternatives() are the whole value and its parts", () => {
  assert.deepEqual(alternatives("A"), ["A"]);
  assert.deepEqual(alternatives("A\\B"), ["A\\B", "A", "B"]);
});

Deno.test("inRange() is open where an end is undefined", () => {
  assert.ok(inRange("5", undefined, undefined));
  assert.ok(!inRange("", undefined, undefined));
});

/** Wildcard matching as it is defined, in exponential time. */
function slowly(pattern: readonly string[], text: readonly string[]): boolean {
  const [first, ...rest] = pattern;
  if (first === undefined) return text.length === 0;
  if (first === "*") return text.some((_, n) => slowly(rest, text.slice(n))) || slowly(rest, []);
  return text.length > 0 && (first === "?" || first === text[0]) && slowly(rest, text.slice(1));
}

Deno.test("globMatches() agrees with the definition", () => {
  const letters = fc.constantFrom("a", "b", "\u{20bb7}");
  const patterns = fc.array(fc.oneof(letters, fc.constantFrom("*", "?")), { maxLength: 8 });
  const texts = fc.array(letters, { maxLength: 10 });
  const property = fc.property(patterns, texts, (pattern, text) => {
    assert.equal(globMatches(pattern.join(""), text.join("")), slowly(pattern, text));
  });
  fc.assert(property, RUNS);
});

Deno.test("globMatches() takes few steps for patterns that make others go back again and again", () => {
  const text = "a".repeat(10_000);
  const started = performance.now();
  for (const pattern of ["*a".repeat(16) + "b", "*a?".repeat(16) + "b", "*".repeat(16) + "b"]) {
    assert.equal(globMatches(pattern, text), false);
  }
  assert.ok(performance.now() - started < 1000); // some milliseconds; going back would take years
});
