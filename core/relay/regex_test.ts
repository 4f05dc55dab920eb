import assert from "node:assert/strict";
import fc from "fast-check";
import { compileRegex } from "./regex.ts";

/** Patterns of the subset, small enough that backtracking does no harm. */
const pattern = fc.letrec<{ any: string }>((tie) => ({
  any: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom("a", "b", ".", "[ab]", "[^a]", "[a-c]", "\\d", "\\W", "^", "$", "é"),
    fc.tuple(tie("any"), tie("any")).map(([a, b]) => a + b),
    fc.tuple(tie("any"), tie("any")).map(([a, b]) => `(${a}|${b})`),
    fc.tuple(tie("any"), fc.constantFrom("*", "+", "?", "{2}", "{1,2}", "{0,}")).map(([a, q]) =>
      `(?:${a})${q}`
    ),
  ),
})).any;
const text = fc.array(fc.constantFrom("a", "b", "c", "1", "é", " "), { maxLength: 8 })
  .map((characters) => characters.join(""));

Deno.test("a pattern of the subset fits what JavaScript says it fits", () => {
  fc.assert(
    fc.property(pattern, text, (source, given) => {
      const regex = compileRegex(source);
      assert.ok(regex, source);
      assert.equal(
        regex.test(given),
        new RegExp(source, "su").test(given),
        `${source} on ${given}`,
      );
    }),
    { numRuns: 2000 },
  );
});

Deno.test("what is not in the subset is refused", () => {
  const wrong = [
    "(a",
    "a)",
    "(?=a)",
    "(?<n>a)",
    "\\1",
    "*a",
    "[b-a]",
    "[a",
    "a{3,2}",
    "a{999}",
    "a".repeat(300),
  ];
  for (const source of [...wrong, "((((a{99}){99}){99}){99})", "(".repeat(50) + ")".repeat(50)]) {
    assert.equal(compileRegex(source), undefined, source);
  }
});

Deno.test("a pattern that makes others backtrack takes time in proportion to the text", () => {
  const regex = compileRegex("^(a+)+$")!;
  const started = performance.now();
  assert.equal(regex.test("a".repeat(4096) + "b"), false);
  assert.ok(performance.now() - started < 1000); // backtracking would take 2^4096 steps
});
