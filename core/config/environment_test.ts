import assert from "node:assert/strict";
import fc from "fast-check";
import { substitute } from "./environment.ts";

const env = (name: string) =>
  ({ PORT: "8043", EMPTY: "", NAME: "a b", ON: "true", NESTED: "${PORT}", ZEROS: "007" })[name];

for (
  const [written, candidates] of [
    ["plain", ["plain"]],
    ["${NAME}", ["a b"]],
    ["<${NAME}:${PORT}>", ["<a b:8043>"]],
    ["${PORT}", ["8043", 8043]],
    ["${ON}", ["true", true]],
    ["${ZEROS}", ["007"]],
    ["${NOPE:-12}", ["12", 12]],
    ["${NOPE:-}", [""]],
    ["${EMPTY:-x}", ["x"]],
    ["${EMPTY}", [""]],
    ["${NESTED}", ["${PORT}"]],
    ["$PORT ${} ${1A} ${A-b} ${", ["$PORT ${} ${1A} ${A-b} ${"]],
  ] as const
) {
  Deno.test(`substitute() makes ${JSON.stringify(candidates)} of ${written}`, () => {
    assert.deepEqual(substitute(written, env), { candidates, missing: [] });
  });
}

Deno.test("substitute() reaches all texts and keys", () => {
  const value = { "${NAME}": ["${PORT}", { b: "${ON}" }], c: 1, d: null };
  const { candidates } = substitute(value, env);
  assert.deepEqual(JSON.parse(JSON.stringify(candidates)), [
    { "a b": ["8043", { b: "true" }], c: 1, d: null },
    { "a b": [8043, { b: true }], c: 1, d: null },
  ]);
});

Deno.test("substitute() names each variable that is missing once", () => {
  const { missing } = substitute(["${A}", "${B}${A}", "${C:-}"], () => undefined);
  assert.deepEqual(missing, ["A", "B"]);
});

Deno.test("substitute() gives the value of the variable, whatever it is", () => {
  const parts = fc.string().filter((part) => !part.includes("$"));
  fc.assert(fc.property(parts, fc.string(), parts, (before, value, after) => {
    const { candidates } = substitute(`${before}\${V}${after}`, () => value);
    assert.equal(candidates[0], before + value + after);
  }));
});

Deno.test("substitute() leaves values without references as they are", () => {
  const plain = fc.jsonValue().filter((value) => !JSON.stringify(value).includes("${"));
  fc.assert(fc.property(plain, (value) => {
    const { candidates } = substitute(value, () => "never");
    assert.equal(candidates.length, 1);
    assert.equal(JSON.stringify(candidates[0]), JSON.stringify(value));
  }));
});
