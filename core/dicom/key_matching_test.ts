import assert from "node:assert/strict";
import { defaultCharacterSets } from "./charset.ts";
import { decodeDataSet } from "./decode.ts";
import { encodeDataSet, withCharacterSet } from "./encode.ts";
import { answerKeys, attributesOf, matchesKeys } from "./key_matching.ts";
import { readKeys } from "./keys.ts";
import type { NewDataSet } from "./new_data_set.ts";
import { EXPLICIT_LITTLE_ENDIAN } from "./transfer_syntax.ts";

const OPTIONS = { caseSensitiveNames: false };

/** A data set as if it had been received. */
function received(elements: NewDataSet) {
  const bytes = encodeDataSet(withCharacterSet(elements, "").elements, {
    encoding: EXPLICIT_LITTLE_ENDIAN,
  });
  return decodeDataSet(bytes, EXPLICIT_LITTLE_ENDIAN, {
    defaultSets: defaultCharacterSets("Ascii"),
    maximumLength: 1000,
  });
}

const keysOf = (elements: NewDataSet) => readKeys(received(elements));
const matched = (query: NewDataSet, data: NewDataSet, options = OPTIONS) =>
  matchesKeys(keysOf(query), attributesOf(received(data)), options);

const study = (date: string, time: string): NewDataSet => [
  { tag: 0x00080020, vr: "DA", value: date },
  { tag: 0x00080030, vr: "TM", value: time },
];

Deno.test("matchesKeys() takes a range of dates and one of times as one range of moments", () => {
  const night = study("20240101-20240103", "2200-0600");
  for (
    const [date, time, expected] of [
      ["20240101", "215959", false],
      ["20240101", "220000", true],
      ["20240102", "120000", true],
      ["20240103", "060059.5", true],
      ["20240103", "0601", false],
      ["20240102", "", true],
      ["", "2300", false],
      ["2024.01.02", "12:00:00", true],
    ] as const
  ) assert.equal(matched(night, study(date, time)), expected, `${date} ${time}`);
  const since = study("20240101-", "1000-");
  assert.equal(matched(since, study("20240101", "0959")), false);
  assert.equal(matched(since, study("20240105", "0100")), true);
});

Deno.test("matchesKeys() takes a date and a range of times, or the reverse, each by itself", () => {
  assert.equal(matched(study("20240101", "0800-1000"), study("20240101", "0900")), true);
  assert.equal(matched(study("20240101", "0800-1000"), study("20240102", "0900")), false);
  assert.equal(matched(study("20240101-20240105", "0900"), study("20240103", "0900")), true);
  assert.equal(matched(study("20240101-20240105", "0900"), study("20240103", "1000")), false);
});

Deno.test("matchesKeys() tells case apart, but for names unless told to", () => {
  const id = (value: string): NewDataSet => [{ tag: 0x00100020, vr: "LO", value }];
  const name = (value: string): NewDataSet => [{ tag: 0x00100010, vr: "PN", value }];
  assert.equal(matched(id("AB*"), id("ABC")), true);
  assert.equal(matched(id("ab*"), id("ABC")), false);
  assert.equal(matched(name("doe^j*"), name("DOE^JOHN")), true);
  assert.equal(matched(name("doe^j*"), name("DOE^JOHN"), { caseSensitiveNames: true }), false);
});

Deno.test("matchesKeys() has stars and empty values match all, absent ones too", () => {
  for (const value of ["", "*", "**"]) {
    assert.equal(matched([{ tag: 0x00100020, vr: "LO", value }], []), true);
  }
  assert.equal(matched([{ tag: 0x00100020, vr: "LO", value: "?*" }], []), false);
});

const step = (modality: string, aet: string): NewDataSet => [
  { tag: 0x00080060, vr: "CS", value: modality },
  { tag: 0x00400001, vr: "AE", value: aet },
];
const steps = (...items: NewDataSet[]): NewDataSet => [
  { tag: 0x00400100, vr: "SQ", value: items },
];

Deno.test("matchesKeys() wants one item that has all keys of the item asked for", () => {
  const data = steps(step("MR", "A"), step("CT", "B"));
  assert.equal(matched(steps(step("MR", "A")), data), true);
  assert.equal(matched(steps(step("MR", "B")), data), false);
  assert.equal(matched(steps(step("", "")), steps()), true);
  assert.equal(matched(steps(step("MR", "")), steps()), false);
});

Deno.test("answerKeys() gives what was asked: items that match, whole ones where no item was given", () => {
  const data = attributesOf(received(steps(step("MR", "A"), step("CT", "B"))));
  const answer = (query: NewDataSet) => answerKeys(keysOf(query), data, OPTIONS);
  const modality: NewDataSet = [{ tag: 0x00080060, vr: "CS", value: "CT" }];
  assert.deepEqual(answer(steps(modality)), steps(modality));
  assert.deepEqual(answer(steps()), steps(step("MR", "A"), step("CT", "B")));
  assert.deepEqual(answer([{ tag: 0x00100020, vr: "LO", value: "" }]), [
    { tag: 0x00100020, vr: "LO", value: "" },
  ]);
});

Deno.test("readKeys() passes over what controls a query, and never matches what says where it is", () => {
  const keys = keysOf([
    { tag: 0x00080005, vr: "CS", value: "ISO_IR 100" },
    { tag: 0x00080052, vr: "CS", value: "STUDY" },
    { tag: 0x00080054, vr: "AE", value: "OTHER" },
    { tag: 0x00080000, vr: "UL", value: "10" },
    { tag: 0x00080201, vr: "SH", value: "+0100" },
  ]);
  assert.deepEqual(keys.map(({ tag }) => tag), [0x00080054, 0x00080201]);
  assert.equal(matchesKeys(keys, attributesOf(received([])), OPTIONS), true);
});

Deno.test("readKeys() refuses a thousand keys, and wildcards where there are none", () => {
  const many = Array.from({ length: 1001 }, (_, index) => ({
    tag: 0x00091000 + index,
    vr: "LO",
    value: "",
  } as const));
  assert.throws(() => keysOf(many), { code: "bad-request" });
  assert.throws(() => keysOf(steps(many)), { code: "bad-request" });
  const date: NewDataSet = [{ tag: 0x00080020, vr: "DA", value: "2024*" }];
  assert.throws(() => keysOf(date), { code: "out-of-range" });
});
