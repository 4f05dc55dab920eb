import assert from "node:assert/strict";
import fc from "fast-check";
import { matcherOf, matches } from "./match.ts";
import { matchesName, widerPattern } from "./person_name.ts";

const asked = (text: string) => matcherOf(0x00100010, "PN", text)!;

Deno.test("matchesName() compares groups, and forgives empty components at the end", () => {
  const name = "Yamada^Tarou=山田^太郎=やまだ^たろう";
  const cases: readonly (readonly [query: string, name: string, expected: boolean])[] = [
    ["yamada^tarou", name, true],
    ["yamada^tarou^^^", name, true],
    ["Yamada", name, false],
    ["Yamada*", name, true],
    ["Tarou*", name, false],
    ["山田*", name, true],
    ["*たろう", name, true],
    ["=山田^太郎", name, true],
    ["=山*=", name, true],
    ["==やまだ*", name, true],
    ["=やまだ*", name, false],
    ["Yamada*=鈴木*", name, false],
    ["MÜLLER*", "Müller^Jörg", true],
    ["M?ller^J?rg", "Müller^Jörg", true],
    ["Doe^John", "Doe^John^^", true],
    ["Doe^John", "Other\\Doe^John", true],
    ["Doe\\Roe", "Roe", true],
  ];
  for (const [query, given, expected] of cases) {
    assert.equal(matchesName(asked(query), given, false), expected, `${query} in ${given}`);
  }
  assert.equal(matchesName(asked("DOE"), "Doe", true), false);
  assert.equal(matchesName(asked("DOE"), undefined, false), false);
});

Deno.test("widerPattern() fits every name that matchesName() takes", () => {
  const text = fc.string({ unit: fc.constantFrom(..."ab^= *?éé山田"), maxLength: 10 });
  const property = fc.property(text, text, (query, name) => {
    const matcher = matcherOf(0x00100010, "PN", query.trim());
    if (!matcher || !matchesName(matcher, name, false)) return;
    const wider = widerPattern(matcher);
    if (wider) {
      assert.equal(matches(wider, name, false), true, JSON.stringify([query, name, wider]));
    }
  });
  fc.assert(property, { numRuns: 5000 });
});
