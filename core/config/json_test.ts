import assert from "node:assert/strict";
import fc from "fast-check";
import { DicomError } from "../errors.ts";
import { parseJsonObject, parseJsonValue, positionOf } from "./json.ts";

/** JSON values without the keys that are no keys. */
const json = fc.jsonValue({ maxDepth: 4 }).filter((value) =>
  !/__proto__|constructor|prototype/.test(JSON.stringify(value))
);

const space = fc.constantFrom(
  "",
  " ",
  "\r\n\t",
  '/* a, ] } " */',
  '// " { /*\n',
  "/**/ //\n",
  "/* // */",
);

/** Writes `value` with something from `spaces` between the tokens, and with trailing commas. */
function decorate(value: unknown, gap: () => string, comma: () => string): string {
  const write = (inner: unknown): string => {
    if (Array.isArray(inner)) return join("[", inner.map(write), "]");
    if (typeof inner !== "object" || inner === null) return JSON.stringify(inner);
    const members = Object.entries(inner);
    return join(
      "{",
      members.map(([key, item]) => JSON.stringify(key) + gap() + ":" + gap() + write(item)),
      "}",
    );
  };
  const join = (open: string, items: string[], close: string) =>
    open + gap() + items.join(gap() + "," + gap()) + (items.length > 0 ? comma() : "") + gap() +
    close;
  return gap() + write(value) + gap();
}

Deno.test("parseJsonValue() reads JSON with any comments and trailing commas", () => {
  fc.assert(
    fc.property(
      json,
      fc.infiniteStream(space),
      fc.infiniteStream(fc.constantFrom("", ",")),
      (value, spaces, commas) => {
        const text = decorate(value, () => spaces.next().value!, () => commas.next().value!);
        assert.deepEqual(JSON.stringify(parseJsonValue(text)), JSON.stringify(value));
      },
    ),
  );
});

Deno.test("parseJsonValue() finds a value in any text, or fails as DicomError", () => {
  const tokens = fc.array(
    fc.constantFrom(...'{}[]:,"\\/*$}e1- \n', "true", '"a"', "null", "${A}"),
    { maxLength: 30 },
  );
  fc.assert(fc.property(fc.oneof(fc.string(), tokens.map((parts) => parts.join(""))), (text) => {
    try {
      parseJsonValue(text);
    } catch (error) {
      assert.ok(error instanceof DicomError && error.code === "bad-json", String(error));
    }
  }));
});

Deno.test("parseJsonValue() agrees with JSON.parse on what it fails on without our additions", () => {
  const tokens = fc.array(fc.constantFrom(...'{}[]:"e1-. ', "true", '"a"', "null"), {
    maxLength: 12,
  });
  fc.assert(fc.property(tokens.map((parts) => parts.join("")), (text) => {
    const isRight = (parse: (text: string) => unknown) => {
      try {
        parse(text);
        return true;
      } catch {
        return false;
      }
    };
    assert.equal(isRight(parseJsonValue), isRight(JSON.parse));
  }));
});

Deno.test("parseJsonObject() lists members with their places, repeated or not", () => {
  const text = '{\n  "A": 1,\n  "B": {"C": 2}, "A": 3,\n}';
  const members = parseJsonObject(text).map(({ key, offset }) => [key, positionOf(text, offset)]);
  assert.deepEqual(members, [["A", "2:3"], ["B", "3:3"], ["A", "3:18"]]);
});

Deno.test("parseJsonObject() reads a bare reference as text", () => {
  assert.equal(parseJsonObject('{"HttpPort": ${PORT:-8042}}')[0]?.value, "${PORT:-8042}");
});

for (
  const [text, place, fact] of [
    ["", "1:1", /expected \{/],
    ["[]", "1:1", /expected \{/],
    ['{"a": 1', "1:8", /expected , or \}/],
    ['{"a": 1 "b": 2}', "1:9", /expected , or \}/],
    ['{"a" 1}', "1:6", /expected :/],
    ['{"a": 1,,}', "1:9", /key/],
    ["{a: 1}", "1:2", /key/],
    ['{"a": }', "1:7", /value/],
    ['{"a": 01}', "1:8", /expected , or \}/],
    ['{"a":\n  "x\ny"}', "2:3", /string/],
    ['{"a": "\\x"}', "1:7", /string/],
    ['{"a": 1} x', "1:10", /end/],
    ['{"a": /* 1}', "1:7", /comment/],
    ['{"a": {"b": 1,\n"b": 2}}', "2:1", /already/],
    ['{"__proto__": 1}', "1:2", /no key/],
    ['{"a": {"constructor": 1}}', "1:8", /no key/],
    ['{"\\u0070rototype": 1}', "1:2", /no key/],
  ] as const
) {
  Deno.test(`parseJsonObject() fails at ${place} of ${JSON.stringify(text)}`, () => {
    assert.throws(() => parseJsonObject(text), (error) => {
      assert.ok(error instanceof DicomError && error.code === "bad-json");
      assert.ok(error.message.includes(` ${place}: `), error.message);
      assert.match(error.message, fact);
      return true;
    });
  });
}

Deno.test("parseJsonObject() shows none of the text when it fails", () => {
  assert.throws(
    () => parseJsonObject('{"RegisteredUsers": {"alice": "topsecret}}'),
    (error) => error instanceof DicomError && !error.message.includes("topsecret"),
  );
});

Deno.test("parseJsonObject() takes 64 levels and no more", () => {
  const nest = (depth: number) => '{"a":' + "[".repeat(depth - 1) + "]".repeat(depth - 1) + "}";
  assert.equal(parseJsonObject(nest(64)).length, 1);
  assert.throws(() => parseJsonObject(nest(65)), /levels of nesting/);
  assert.throws(() => parseJsonObject(nest(1_000_000)), /levels of nesting/);
});

Deno.test("parseJsonObject() gives objects without prototype", () => {
  const value = parseJsonObject('{"a": {}}')[0]?.value;
  assert.equal(Object.getPrototypeOf(value), null);
});

Deno.test("parseJsonValue() takes long texts of one kind", () => {
  const long = "x".repeat(2_000_000);
  assert.equal(parseJsonValue(`${" ".repeat(2_000_000)}/*${long}*/"${long}"//${long}`), long);
});
