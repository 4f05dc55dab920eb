import assert from "node:assert/strict";
import {
  everyResource,
  type OrderKey,
  type Query,
  ROW_ONLY,
  type TagCondition,
} from "../../core/archive/query.ts";
import { type Level, LEVELS, METADATA } from "../../core/archive/resource.ts";
import { matcherOf } from "../../core/dicom/match.ts";
import { TAG, tagHex } from "../../core/dicom/tag.ts";
import type { Index } from "../../core/ports.ts";
import { type InstanceParts, makeInstance } from "../support/index.ts";
import { type IndexTest, store } from "./index_contract.ts";

const DESCRIPTION = 0x00081030;
const NAME = TAG.patientName;

/** What searching must do; `index_model_contract.ts` tries the rest at random. */
export function indexFindContract(test: IndexTest): void {
  matching(test);
  ordering(test);
  restricting(test);
  lookingUp(test);
}

/** The condition that `tag` of `level` fits `text`, as somebody would write it. */
export function condition(
  tag: number,
  level: Level,
  text: string,
  caseSensitive = false,
): TagCondition {
  return { tag, level, matcher: matcherOf(tag, "LO", text)!, caseSensitive };
}

/** The query for `level` with some of its parts. */
export function query(level: Level, parts: Partial<Query>): Query {
  return { ...everyResource(level), ...parts };
}

/** Stores one study for each description. */
async function storeStudies(index: Index, descriptions: readonly string[]): Promise<void> {
  for (const [number, text] of descriptions.entries()) {
    await store(index, makeInstance({ study: `${number}`, studyTags: { "00081030": text } }));
  }
}

function matching(test: IndexTest): void {
  const DATA = ["Brain", "BRAIN MR", "b[r]ain", "100%", "a_b", "x\\Brain y\\z", "", " pad "];
  const cases: [text: string, caseSensitive: boolean, found: string[]][] = [
    ["brain", false, ["Brain"]],
    ["brain", true, []],
    ["Brain", true, ["Brain"]],
    ["brain*", false, ["BRAIN MR", "Brain", "x\\Brain y\\z"]],
    ["Brain*", true, ["Brain", "x\\Brain y\\z"]],
    ["*[r]*", false, ["b[r]ain"]],
    ["b[r]a??", false, ["b[r]ain"]],
    ["b[*", false, ["b[r]ain"]],
    ["%", false, []],
    ["100%", false, ["100%"]],
    ["a?b", false, ["a_b"]],
    ["a_b\\brain", false, ["Brain", "a_b"]],
    ["Z", false, ["x\\Brain y\\z"]],
    ["z", true, ["x\\Brain y\\z"]],
    ["Z", true, []],
    ["pad", false, [" pad "]],
    ["*", false, DATA],
    ["**", false, DATA],
  ];
  test("find() matches text as DICOM does", async (index) => {
    await storeStudies(index, DATA);
    for (const [text, caseSensitive, expected] of cases) {
      const tags = [condition(DESCRIPTION, "Study", text, caseSensitive)];
      const found = await index.find(query("Study", { tags }), ROW_ONLY);
      const texts = found.map((study) => study.tags["00081030"]);
      assert.deepEqual(texts.sort(), [...expected].sort(), `${text} ${caseSensitive}`);
      assert.equal(await index.count(query("Study", { tags })), expected.length);
      const ids = await index.findIds(query("Study", { tags }));
      assert.deepEqual(ids, found.map(({ id }) => id));
    }
  });

  test("find() matches ranges with open ends", async (index) => {
    const dates = ["20240131", "20240201", "20250101", ""];
    for (const [number, date] of dates.entries()) {
      await store(index, makeInstance({ study: `${number}`, studyTags: { "00080020": date } }));
    }
    const cases = {
      "20240201-20250101": 2,
      "20240201-": 2,
      "-20240201": 2,
      "-": 3,
      "2024-2024": 2,
    };
    for (const [text, expected] of Object.entries(cases)) {
      const matcher = matcherOf(TAG.studyDate, "DA", text)!;
      const tags = [{ tag: TAG.studyDate, level: "Study", matcher, caseSensitive: false } as const];
      assert.equal(await index.count(query("Study", { tags })), expected, text);
    }
  });

  test("find() takes a patient's tags as the study holds them", async (index) => {
    const named = (study: string, name: string) =>
      store(index, makeInstance({ study, patientTags: { [tagHex(NAME)]: name } }));
    await named("1", "Before");
    await named("2", "After");
    const counts = (name: string) =>
      Promise.all(
        LEVELS.map((level) =>
          index.count(query(level, { tags: [condition(NAME, "Patient", name)] }))
        ),
      );
    assert.deepEqual(await counts("before"), [1, 1, 1, 1]);
    assert.deepEqual(await counts("after"), [0, 1, 1, 1]);
  });

  test("find() matches any modality of the study", async (index) => {
    const series = (study: string, uid: string, modality: string) =>
      store(index, makeInstance({ study, series: uid, seriesTags: { "00080060": modality } }));
    await series("1", "1.1", "CT");
    await series("1", "1.2", "SR");
    await series("2", "2.1", "MR");
    const counts = (text: string) =>
      Promise.all(
        (["Study", "Series", "Instance"] as const).map((level) =>
          index.count(query(level, { modalities: matcherOf(TAG.modalitiesInStudy, "CS", text) }))
        ),
      );
    assert.deepEqual(await counts("ct"), [1, 2, 2]);
    assert.deepEqual(await counts("MR\\SR"), [2, 3, 3]);
    assert.deepEqual(await counts("M*"), [1, 1, 1]);
    assert.deepEqual(await counts("US"), [0, 0, 0]);
  });
}

function ordering(test: IndexTest): void {
  const NUMBER = 0x00200011;
  const byNumber = (as: OrderKey["as"], descending: boolean): OrderKey => ({
    kind: "tag",
    tag: NUMBER,
    level: "Series",
    as,
    descending,
  });
  const cases: [OrderKey, string[]][] = [
    [byNumber("text", false), ["", "10", "2", "2.5", "9"]],
    [byNumber("text", true), ["9", "2.5", "2", "10", ""]],
    [byNumber("integer", false), ["", "2", "2.5", "9", "10"]],
    [byNumber("float", true), ["10", "9", "2.5", "2", ""]],
  ];
  test("find() orders by text and by number, pages never overlap", async (index) => {
    for (const number of ["10", "9", "2.5", "2", ""]) {
      const seriesTags = number === "" ? {} : { [tagHex(NUMBER)]: number };
      await store(index, makeInstance({ series: `s${number}`, seriesTags }));
    }
    for (const [key, expected] of cases) {
      const pages = await Promise.all(
        [0, 2, 4].map((since) =>
          index.find(query("Series", { orderBy: [key], since, limit: 2 }), ROW_ONLY)
        ),
      );
      const numbers = pages.flat().map(({ tags }) => tags[tagHex(NUMBER)] ?? "");
      if (key.as === "integer") assert.deepEqual(new Set(numbers), new Set(expected));
      else assert.deepEqual(numbers, expected);
    }
  });

  test("find() orders by metadata and breaks ties by identifier", async (index) => {
    for (const instance of ["1", "2", "3", "4"]) {
      const metadata = { 1024: instance === "4" ? "a" : "b" };
      await store(index, makeInstance({ instance, metadata, receivedAt: Number(instance) * 1000 }));
    }
    const key = { kind: "metadata", key: 1024, as: "text", descending: false } as const;
    const found = await index.find(query("Instance", { orderBy: [key] }), ROW_ONLY);
    assert.equal(found[0]?.metadata[1024], "a");
    const tied = found.slice(1).map(({ id }) => id);
    assert.deepEqual(tied, [...tied].sort());
    const latest = {
      kind: "metadata",
      key: METADATA.LastUpdate,
      as: "text",
      descending: true,
    } as const;
    const series = await index.find(query("Series", { orderBy: [latest] }), ROW_ONLY);
    assert.equal(series.length, 1);
  });
}

function restricting(test: IndexTest): void {
  test("find() pages by identifier", async (index) => {
    await storeStudies(index, ["a", "b", "c", "d", "e"]);
    const all = await index.findIds(everyResource("Study"));
    assert.deepEqual(all, [...all].sort());
    const page = (parts: Partial<Query>) => index.findIds(query("Study", parts));
    assert.deepEqual(await page({ limit: 2 }), all.slice(0, 2));
    assert.deepEqual(await page({ since: 3 }), all.slice(3));
    assert.deepEqual(await page({ since: 1, limit: 3 }), all.slice(1, 4));
    assert.deepEqual(await page({ since: 9, limit: 3 }), []);
    assert.deepEqual(await page({ after: all[1]!, limit: 2 }), all.slice(2, 4));
    assert.deepEqual(await page({ after: all[4]! }), []);
  });

  test("find() restricts by labels: All, Any, None", async (index) => {
    await storeStudies(index, ["a", "b", "c"]);
    const [a, b] = await index.findIds(everyResource("Study"));
    await index.addLabel({ level: "Study", id: a! }, "x");
    await index.addLabel({ level: "Study", id: a! }, "y");
    await index.addLabel({ level: "Study", id: b! }, "y");
    const count = (constraint: "All" | "Any" | "None", ...labels: string[]) =>
      index.count(query("Study", { labels: { labels, constraint } }));
    assert.equal(await count("All", "x", "y", "x"), 1);
    assert.equal(await count("Any", "x", "y"), 2);
    assert.equal(await count("None", "x", "y"), 1);
    assert.equal(await count("All", "y"), 2);
    assert.equal(await count("Any", "z"), 0);
    assert.equal(await count("None", "z"), 3);
  });

  test("find() restricts to what lies below a parent of any level above", async (index) => {
    const parts: InstanceParts[] = [{}, { instance: "2" }, { series: "2", instance: "3" }];
    for (const one of parts) await store(index, makeInstance(one));
    await store(index, makeInstance({ patient: "P2", instance: "4" }));
    const { ids } = makeInstance();
    const below = (level: Level) =>
      index.count(query("Instance", { parent: { level, id: ids[level] } }));
    assert.deepEqual(
      await Promise.all((["Patient", "Study", "Series"] as const).map(below)),
      [3, 3, 2],
    );
    const nowhere = { level: "Study", id: ids.Series } as const;
    assert.equal(await index.count(query("Instance", { parent: nowhere })), 0);
  });

  test("find() matches metadata, present or by value", async (index) => {
    await store(index, makeInstance({ instance: "1", metadata: { 1024: "One" } }));
    await store(index, makeInstance({ instance: "2", metadata: { 1025: "Two" } }));
    const count = (key: number, text: string, caseSensitive = false) =>
      index.count(query("Instance", {
        metadata: [{ key, matcher: matcherOf(0, "UT", text)!, caseSensitive }],
      }));
    assert.equal(await count(1024, "*"), 1);
    assert.equal(await count(1024, "one"), 1);
    assert.equal(await count(1024, "one", true), 0);
    assert.equal(await count(1024, "O?e"), 1);
    assert.equal(await count(1026, "*"), 0);
    assert.equal(await count(METADATA.LastUpdate, "1970*"), 2);
  });
}

function lookingUp(test: IndexTest): void {
  test("lookup() finds the exact value on every level", async (index) => {
    const { ids } = makeInstance({ patient: "Same" });
    await store(index, makeInstance({ patient: "Same", studyTags: { "00080050": "Same" } }));
    await store(index, makeInstance({ patient: "same" }));
    await store(index, makeInstance({ patient: "Same " }));
    assert.deepEqual(await index.lookup("Same"), [
      { level: "Patient", id: ids.Patient },
      { level: "Study", id: ids.Study },
    ]);
    assert.deepEqual((await index.lookup("1.1.1.1")).map(({ level }) => level), [
      ...["Instance", "Instance", "Instance"],
    ]);
    for (const absent of ["SAME", "Sam", "Sam*", "*", ""]) {
      assert.deepEqual(await index.lookup(absent), [], absent);
    }
  });

  test("distinct() gives each value below a resource once, sorted", async (index) => {
    const series = (uid: string, modality: string) =>
      store(
        index,
        makeInstance({ series: uid, seriesTags: { "00080060": modality }, metadata: { 10: uid } }),
      );
    await series("2", "MR");
    await series("1", "CT");
    await series("3", "MR");
    await store(index, makeInstance({ study: "9", seriesTags: { "00080060": "US" } }));
    const study = { level: "Study", id: makeInstance().ids.Study } as const;
    assert.deepEqual(await index.distinct(study, "Series", { tag: TAG.modality }), ["CT", "MR"]);
    assert.deepEqual(await index.distinct(study, "Instance", { metadata: 10 }), ["1", "2", "3"]);
    assert.deepEqual(await index.distinct(study, "Series", { tag: NAME }), []);
  });
}
