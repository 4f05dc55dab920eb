import assert from "node:assert/strict";
import fc from "fast-check";
import { OPTION_NAMES } from "../config.ts";
import { editDistance, suggest } from "./suggest.ts";

Deno.test("editDistance() counts insertions, deletions and replacements", () => {
  assert.equal(editDistance("kitten", "sitting"), 3);
  assert.equal(editDistance("", "abc"), 3);
  assert.equal(editDistance("abc", "abc"), 0);
});

Deno.test("editDistance() is symmetric and at most the longer length", () => {
  fc.assert(fc.property(fc.string({ maxLength: 12 }), fc.string({ maxLength: 12 }), (a, b) => {
    const distance = editDistance(a, b);
    assert.equal(distance, editDistance(b, a));
    assert.ok(distance <= Math.max(a.length, b.length));
    assert.equal(distance === 0, a === b);
  }));
});

for (
  const [written, meant] of [
    ["HtpPort", "HttpPort"],
    ["httpport", "HttpPort"],
    ["DICOMPORT", "DicomPort"],
    ["RegistredUsers", "RegisteredUsers"],
    ["OrthancPeer", "OrthancPeers"],
    ["Colour", undefined],
    ["x".repeat(65), undefined],
  ] as const
) {
  Deno.test(`suggest() finds ${meant} for ${written.slice(0, 20)}`, () => {
    assert.equal(suggest(written, OPTION_NAMES), meant);
  });
}

Deno.test("suggest() finds each option from itself in another case, with one character lost", () => {
  const typo = fc.tuple(fc.constantFrom(...OPTION_NAMES), fc.nat());
  fc.assert(fc.property(typo, ([name, place]) => {
    assert.equal(suggest(name.toUpperCase(), OPTION_NAMES), name);
    const at = place % name.length;
    const found = suggest(name.slice(0, at) + name.slice(at + 1), OPTION_NAMES);
    assert.ok(found !== undefined && editDistance(found, name) <= 2, `${name} ${found}`);
  }));
});
