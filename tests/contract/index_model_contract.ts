import assert from "node:assert/strict";
import fc from "fast-check";
import { everyResource, type OrderKey, type Query, WHOLE } from "../../core/archive/query.ts";
import { depthOf, type Level, LEVELS, type MainTags } from "../../core/archive/resource.ts";
import type { Matcher } from "../../core/dicom/match.ts";
import { TAG, tagHex } from "../../core/dicom/tag.ts";
import type { Index, NewInstance, OverwritePolicy, ResourceRef } from "../../core/ports.ts";
import { makeInstance } from "../support/index.ts";
import { type IndexTest, store } from "./index_contract.ts";
import { NaiveIndex } from "./naive_index.ts";

const RUNS = Number(Deno.env.get("FUZZ_RUNS") ?? 150);

/** Random operations and searches: an index answers what looking at every row gives. */
export function indexModelContract(test: IndexTest): void {
  test("find() gives what looking at every resource gives", async (index) => {
    const naive = new NaiveIndex();
    for (const instance of fc.sample(instanceOf(30), { numRuns: 150, seed: 1 })) {
      naive.store(instance, "Never");
      await store(index, instance);
    }
    await labelSome(index, naive);
    await fc.assert(
      fc.asyncProperty(anyQuery, async (query) => {
        const expected = naive.find(query);
        assert.deepEqual(await index.findIds(query), expected);
        const unpaged = naive.find({ ...query, since: 0, limit: 0 });
        assert.equal(await index.count(query), unpaged.length);
      }),
      { numRuns: RUNS },
    );
  });

  test("whatever is done in whatever order, counts and sizes are right", async (index) => {
    let naive = new NaiveIndex();
    await fc.assert(
      fc.asyncProperty(
        fc.array(anyOperation, { minLength: 5, maxLength: 30 }),
        async (operations) => {
          for (const operation of operations) await operation(index, naive);
          await assertSame(index, naive);
        },
      ).afterEach(async () => {
        naive = new NaiveIndex();
        for (const id of await index.findIds(everyResource("Patient"))) {
          await index.remove({ level: "Patient", id });
        }
      }),
      { numRuns: Math.ceil(RUNS / 10) },
    );
  });
}

async function assertSame(index: Index, naive: NaiveIndex): Promise<void> {
  assert.deepEqual(await index.statistics(), naive.statistics());
  for (const level of LEVELS) {
    const found = await index.find(everyResource(level), WHOLE);
    const rows = naive.rows(level);
    assert.deepEqual(found.map(({ id }) => id), rows.map(({ id }) => id));
    for (const [at, { labels, parent, file }] of found.entries()) {
      const row = rows[at]!;
      assert.deepEqual([labels, parent, file], [
        [...row.labels].sort(),
        row.parent?.id ?? null,
        row.file,
      ]);
      const expected = naive.statistics(row);
      assert.deepEqual(await index.statisticsOf(row), { ...expected, dicomSize: expected.size });
    }
  }
}

async function labelSome(index: Index, naive: NaiveIndex): Promise<void> {
  for (const level of LEVELS) {
    for (const [number, row] of naive.rows(level).entries()) {
      for (const label of LABELS.filter((_, at) => (number >> at) % 2 === 1)) {
        row.labels.add(label);
        await index.addLabel(row, label);
      }
    }
  }
}

const LABELS = ["a", "A", "b"];
const NUMBER = 0x00200011;
const COMMENT = 0x00204000;
const METADATA_KEY = 1024;

/** Few texts, so that they often match; all that is special somewhere. */
const TEXTS = [
  "a",
  "A",
  "ab",
  "a[b]",
  "[A]",
  "1%",
  "a_b",
  "x\\ a\\B",
  "é^É",
  "漢-b",
  " ",
  "",
  "'\"",
];
const anyText = fc.constantFrom(...TEXTS);
/** A text with some characters replaced by what stands for any. */
const anyPattern = fc.tuple(anyText, fc.infiniteStream(fc.constantFrom(0, 0, 0, 1, 2)))
  .map(([text, stream]) =>
    `${[...text].map((character) => [character, "?", "*"][stream.next().value!]).join("")}${
      ["", "?", "*"][stream.next().value!]
    }`
  );
const anyNumber = fc.constantFrom("1", "2", "10", "2.5", "-3", "x", "");
const anyDate = fc.constantFrom("2023", "20240101", "20240228", "202402", "20250101", "");
const fromPool = (prefix: string, size: number) =>
  fc.integer({ min: 1, max: size }).map((number) => `${prefix}${number}`);

/** Main tags of which some are absent. */
function someTags(values: Record<string, fc.Arbitrary<string>>): fc.Arbitrary<MainTags> {
  return fc.record(values, { requiredKeys: [] }).map((tags) => tags as MainTags); // no key without a value
}

/** Of so many patients. */
const instanceOf = (patients: number): fc.Arbitrary<NewInstance> =>
  fc.record({
    patient: fromPool("P", patients),
    study: fromPool("1.", 3),
    series: fromPool("1.1.", 3),
    instance: fromPool("1.1.1.", 3),
    patientTags: someTags({ [tagHex(TAG.patientName)]: anyText }),
    studyTags: someTags({ [tagHex(TAG.studyDate)]: anyDate }),
    seriesTags: someTags({
      [tagHex(TAG.modality)]: anyText,
      [tagHex(NUMBER)]: anyNumber,
    }),
    instanceTags: someTags({ [tagHex(COMMENT)]: anyText }),
    metadata: anyText.map((text) => ({ [METADATA_KEY]: text })),
    content: fc.constantFrom("a", "b"),
    size: fc.nat(2 ** 31),
  }).map((parts) => makeInstance(parts));
/** Of so few that they often meet. */
const anyInstance = instanceOf(3);

const textMatcher: fc.Arbitrary<Matcher> = fc.oneof(
  fc.record({
    kind: fc.constant("equal" as const),
    values: fc.array(anyText, { minLength: 1, maxLength: 3 }),
  }),
  fc.record({
    kind: fc.constant("wildcard" as const),
    pattern: anyPattern,
  }),
  fc.constant({ kind: "present" as const }),
);
const dateMatcher: fc.Arbitrary<Matcher> = fc.record({
  kind: fc.constant("range" as const),
  from: fc.option(anyDate, { nil: undefined }),
  to: fc.option(anyDate, { nil: undefined }),
});

const CONDITIONS = [
  [TAG.patientName, "Patient", textMatcher],
  [TAG.studyDate, "Study", fc.oneof(dateMatcher, textMatcher)],
  [TAG.modality, "Series", textMatcher],
  [COMMENT, "Instance", textMatcher],
] as const;

const anyCondition = fc.constantFrom(...CONDITIONS).chain(([tag, level, matcher]) =>
  fc.record({
    tag: fc.constant(tag),
    level: fc.constant(level),
    matcher,
    caseSensitive: fc.boolean(),
  })
);

const ORDER_KEYS = [
  { kind: "tag", tag: NUMBER, level: "Series", as: "integer" },
  { kind: "tag", tag: NUMBER, level: "Series", as: "float" },
  { kind: "tag", tag: TAG.patientName, level: "Patient", as: "text" },
  { kind: "metadata", key: METADATA_KEY, as: "text" },
] as const;

const anyOrder: fc.Arbitrary<OrderKey> = fc.tuple(fc.constantFrom(...ORDER_KEYS), fc.boolean())
  .map(([key, descending]) => ({ ...key, descending }));

const anyRef: fc.Arbitrary<ResourceRef> = fc.tuple(anyInstance, fc.constantFrom(...LEVELS))
  .map(([{ ids }, level]) => ({ level, id: ids[level] }));

/** Mostly nothing, so that most searches find something. */
function seldom<T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> {
  return fc.oneof({ weight: 3, arbitrary: fc.constant(undefined) }, {
    weight: 1,
    arbitrary: value,
  });
}

/** Any query; what speaks of a level below the one asked for is left out. */
const anyQuery: fc.Arbitrary<Query> = fc.record({
  level: fc.constantFrom(...LEVELS),
  tags: fc.oneof(
    { weight: 4, arbitrary: fc.tuple(anyCondition) },
    { weight: 1, arbitrary: fc.array(anyCondition, { maxLength: 3 }) },
  ),
  metadata: seldom(
    fc.record({
      key: fc.constant(METADATA_KEY),
      matcher: textMatcher,
      caseSensitive: fc.boolean(),
    }),
  ).map((condition) => condition ? [condition] : []),
  modalities: seldom(textMatcher),
  labels: seldom(
    fc.record({
      labels: fc.uniqueArray(fc.constantFrom(...LABELS, "c"), { minLength: 1 }),
      constraint: fc.constantFrom("All" as const, "Any" as const, "None" as const),
    }),
  ),
  parent: seldom(anyRef),
  orderBy: fc.array(anyOrder, { maxLength: 2 }),
  after: seldom(fc.constantFrom("5", "b")).map((id) => id ?? ""),
  since: fc.constantFrom(0, 0, 1, 3),
  limit: fc.constantFrom(0, 0, 1, 5),
}).map((query) => ({
  ...query,
  tags: query.tags.filter(({ level }) => depthOf(level) <= depthOf(query.level)),
  modalities: query.level === "Patient" ? undefined : query.modalities,
  parent: query.parent && isAbove(query.parent.level, query.level) ? query.parent : undefined,
  orderBy: query.orderBy.filter((key) =>
    key.kind === "metadata" || depthOf(key.level) <= depthOf(query.level)
  ),
}));

function isAbove(level: Level, other: Level): boolean {
  return depthOf(level) < depthOf(other);
}

type Operation = (index: Index, naive: NaiveIndex) => Promise<void>;

const anyStore: fc.Arbitrary<Operation> = fc.tuple(
  anyInstance,
  fc.constantFrom<OverwritePolicy>("Never", "Always", "IfChanged"),
).map(([made, policy]) => async (index, naive) => {
  const instance = { ...made, file: { ...made.file, uuid: crypto.randomUUID() } };
  assert.equal((await store(index, instance, policy)).kind, naive.store(instance, policy));
});

const anyRemove: fc.Arbitrary<Operation> = anyRef.map((ref) => async (index, naive) => {
  assert.equal(await index.remove(ref) !== undefined, naive.remove(ref));
});

const anyLabelling: fc.Arbitrary<Operation> = fc.tuple(
  anyRef,
  fc.constantFrom(...LABELS),
  fc.boolean(),
).map(([ref, label, add]) => async (index, naive) => {
  const row = naive.row(ref);
  if (add) row?.labels.add(label);
  else row?.labels.delete(label);
  const done = add ? index.addLabel(ref, label) : index.removeLabel(ref, label);
  assert.equal(await done, row !== undefined);
});

const anyOperation: fc.Arbitrary<Operation> = fc.oneof(
  { weight: 4, arbitrary: anyStore },
  { weight: 1, arbitrary: anyRemove },
  { weight: 2, arbitrary: anyLabelling },
);
