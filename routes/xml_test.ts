import assert from "node:assert/strict";
import fc from "fast-check";
import { toXml } from "./xml.ts";

/** Values, and their XML without declaration, root and indentation. */
const CASES: readonly (readonly [value: unknown, xml: string])[] = [
  [{}, ""],
  [[], ""],
  ["text", "text"],
  [null, "null"],
  [[1, "b", null, true], "<item>1</item><item>b</item><item>null</item><item>true</item>"],
  [{ ID: "x", Labels: [] }, "<ID>x</ID><Labels></Labels>"],
  [{ a: { b: [1] } }, "<a><b><item>1</item></b></a>"],
  [{ left: undefined }, ""],
  [{ "0008,0005": "x" }, '<member name="0008,0005">x</member>'],
  [{ '"<&>': "x" }, '<member name="&quot;&lt;&amp;&gt;">x</member>'],
  [{ a: '<b>&"' }, "<a>&lt;b&gt;&amp;&quot;</a>"],
  [{ a: "\0\x1b\uffff\t" }, "<a>\ufffd\ufffd\ufffd\t</a>"],
  [
    { "": 1, "a b": 2, "-a": 3, "xml:a": 4 },
    [
      '<member name="">1</member>',
      '<member name="a b">2</member>',
      '<member name="-a">3</member>',
      '<member name="xml:a">4</member>',
    ].join(""),
  ],
];

for (const [value, xml] of CASES) {
  Deno.test(`toXml() of ${JSON.stringify(value)}`, () => {
    const [declaration, ...lines] = toXml(value).split("\n");
    assert.equal(declaration, '<?xml version="1.0" encoding="utf-8"?>');
    assert.equal(lines.map((line) => line.trimStart()).join(""), `<root>${xml}</root>`);
  });
}

Deno.test("toXml() balances its tags, whatever the value", () => {
  fc.assert(fc.property(fc.jsonValue(), (value) => {
    const open: string[] = [];
    const text = toXml(value).replace(/^<\?.*\?>/, "");
    for (const [, close, name] of text.matchAll(/<(\/?)([\w.-]+)[^<>]*>/g)) {
      if (close === "/") assert.equal(open.pop(), name);
      else open.push(name!);
    }
    assert.deepEqual(open, []);
    // deno-lint-ignore no-control-regex -- what XML forbids
    assert.doesNotMatch(text, /[\x00-\x08\x0b\x0c\x0e-\x1f]/);
  }));
});
