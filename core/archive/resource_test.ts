import assert from "node:assert/strict";
import { findByTag } from "../dicom/dictionary.ts";
import { TAG, type Tag } from "../dicom/tag.ts";
import {
  DEFAULT_MAIN_TAGS,
  depthOf,
  expectedInstances,
  LEVELS,
  mainTagsSignature,
  orthancDate,
  type SeriesStatus,
  seriesStatus,
} from "./resource.ts";

Deno.test("depthOf() counts from patients", () => {
  assert.deepEqual(LEVELS.map(depthOf), [0, 1, 2, 3]);
});

Deno.test("DEFAULT_MAIN_TAGS are of the dictionary, each once a level", () => {
  for (const level of LEVELS) {
    const tags = DEFAULT_MAIN_TAGS[level];
    assert.equal(new Set(tags).size, tags.length);
    assert.ok(tags.every((tag) => findByTag(tag)), level);
  }
});

const STATUSES: readonly (readonly [
  expected: number | null,
  indexes: readonly (number | null)[],
  status: SeriesStatus,
])[] = [
  [null, [1, 2], "Unknown"],
  [2, [1, null], "Unknown"],
  [3, [], "Missing"],
  [3, [3, 1], "Missing"],
  [3, [3, 1, 2], "Complete"],
  [3, [1, 1], "Inconsistent"],
  [3, [0], "Inconsistent"],
  [3, [4], "Inconsistent"],
];

for (const [expected, indexes, status] of STATUSES) {
  Deno.test(`seriesStatus() of ${expected} expected and ${JSON.stringify(indexes)}: ${status}`, () => {
    assert.equal(seriesStatus(expected, indexes), status);
  });
}

const EXPECTED: readonly (readonly [texts: Readonly<Record<Tag, string>>, count: number | null])[] =
  [
    [{}, null],
    [{ [TAG.imagesInAcquisition]: "10", [TAG.numberOfTemporalPositions]: "3" }, 30],
    [{ [TAG.imagesInAcquisition]: "10" }, null],
    [{ [TAG.numberOfSlices]: "45", [TAG.numberOfTimeSlices]: "2" }, 90],
    [{ [TAG.numberOfSlices]: "45" }, 45],
    [{ [TAG.numberOfSlices]: "45", [TAG.numberOfTimeSlices]: "?" }, null],
    [{ [TAG.cardiacNumberOfImages]: "12" }, 12],
    [{ [TAG.cardiacNumberOfImages]: "0" }, null],
    [{ [TAG.cardiacNumberOfImages]: "-12" }, null],
    [{ [TAG.cardiacNumberOfImages]: " 12 " }, 12],
    [{ [TAG.cardiacNumberOfImages]: "12", [TAG.numberOfSlices]: "45" }, 45],
  ];

for (const [texts, count] of EXPECTED) {
  Deno.test(`expectedInstances() of ${JSON.stringify(texts)}: ${count}`, () => {
    assert.equal(expectedInstances((tag) => texts[tag]), count);
  });
}

Deno.test("mainTagsSignature() lists tags in order", () => {
  assert.equal(mainTagsSignature([0x0020000d, 0x00080020]), "0008,0020;0020,000d");
});

Deno.test("orthancDate() is UTC without punctuation", () => {
  assert.equal(orthancDate(Date.UTC(2024, 0, 2, 3, 4, 5, 678)), "20240102T030405");
});
