import assert from "node:assert/strict";
import fc from "fast-check";
import {
  creatorOf,
  elementOf,
  formatTag,
  groupOf,
  isPrivate,
  isPrivateCreator,
  parseTag,
  tagHex,
  tagOf,
} from "./tag.ts";

Deno.test("tagOf() joins what groupOf() and elementOf() split", () => {
  fc.assert(fc.property(fc.nat({ max: 0xffffffff }), (tag) => {
    assert.equal(tagOf(groupOf(tag), elementOf(tag)), tag);
  }));
});

Deno.test("parseTag() reads every form that formatTag() and tagHex() write", () => {
  fc.assert(fc.property(fc.nat({ max: 0xffffffff }), (tag) => {
    for (const text of [formatTag(tag), formatTag(tag, "-"), tagHex(tag)]) {
      assert.equal(parseTag(text), tag);
      assert.equal(parseTag(text.toUpperCase()), tag);
    }
  }));
  assert.equal(formatTag(0x7fe00010), "7fe0,0010");
});

Deno.test("parseTag() refuses anything else", () => {
  for (
    const text of ["", "0010", "0010,00100", "0010,,0010", "x0100010", " 00100010", "0010.0010"]
  ) {
    assert.equal(parseTag(text), undefined, text);
  }
});

Deno.test("isPrivate(), isPrivateCreator() and creatorOf() follow PS3.5 Section 7.8.1", () => {
  assert.deepEqual([0x00080010, 0x00090010, 0xffff0000].map(isPrivate), [false, true, true]);
  const creators = [0x0009000f, 0x00090010, 0x000900ff, 0x00090100, 0x00080010];
  assert.deepEqual(creators.map(isPrivateCreator), [false, true, true, false, false]);
  assert.equal(creatorOf(0x00091234), 0x00090012);
  assert.equal(creatorOf(0xffffff01), 0xffff00ff);
});
