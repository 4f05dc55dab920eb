import assert from "node:assert/strict";
import { WHOLE } from "../../core/archive/query.ts";
import type { Index, NewInstance, OverwritePolicy, StoreOutcome } from "../../core/ports.ts";
import { makeInstance } from "../support/index.ts";
import { indexChangesContract } from "./index_changes_contract.ts";
import { indexRefreshContract } from "./index_refresh_contract.ts";
import { indexFindContract } from "./index_find_contract.ts";
import { indexHostileContract } from "./index_hostile_contract.ts";
import { indexModelContract } from "./index_model_contract.ts";

/** A place where an index lies; it may be opened again after it was closed. */
export interface IndexPlace extends AsyncDisposable {
  open(): Promise<Index & AsyncDisposable>;
}

/** Declares one test of an index that is empty at first. */
export type IndexTest = (
  title: string,
  run: (index: Index, place: IndexPlace) => Promise<void>,
) => void;

/** What every implementation of `Index` must do. */
export function indexContract(name: string, create: () => Promise<IndexPlace>): void {
  const test: IndexTest = (title, run) =>
    Deno.test(`${name}: ${title}`, async () => {
      await using place = await create();
      await using index = await place.open();
      await run(index, place);
    });
  storing(test);
  removing(test);
  labelling(test);
  indexChangesContract(test);
  indexRefreshContract(test);
  indexFindContract(test);
  indexHostileContract(test);
  indexModelContract(test);
}

/** Stores an instance whose file is durable. */
export function store(index: Index, instance: NewInstance, policy: OverwritePolicy = "Never") {
  return index.store(instance, policy, true);
}

function storing(test: IndexTest): void {
  const first = makeInstance({ content: "a" });
  const same = makeInstance({ content: "a" });
  const other = makeInstance({ content: "b" });
  const kept = first.file.uuid;
  const replaced: StoreOutcome = { kind: "replaced", obsoleteFiles: [kept] };
  const cases: [OverwritePolicy, NewInstance, StoreOutcome][] = [
    ["Never", same, { kind: "duplicate", uuid: kept }],
    ["Never", other, { kind: "conflict", uuid: kept }],
    ["IfChanged", same, { kind: "duplicate", uuid: kept }],
    ["IfChanged", other, replaced],
    ["Always", same, replaced],
    ["Always", other, replaced],
  ];
  for (const [policy, second, expected] of cases) {
    const bytes = second === same ? "the same bytes" : "other bytes";
    test(`store() with ${policy} says ${expected.kind} for ${bytes}`, async (index) => {
      assert.equal((await store(index, first, policy)).kind, "stored");
      assert.deepEqual(await store(index, second, policy), expected);
      const file = expected.kind === "replaced" ? second.file : first.file;
      const found = await index.get({ level: "Instance", id: first.ids.Instance }, WHOLE);
      assert.deepEqual(found?.file, file);
      assert.equal((await index.statistics()).count.Instance, 1);
    });
  }

  test("store() replaces nothing by a file that is not durable", async (index) => {
    await store(index, first);
    assert.deepEqual(await index.store(other, "Always", false), { kind: "unflushed" });
    const found = await index.get({ level: "Instance", id: first.ids.Instance }, WHOLE);
    assert.deepEqual(found?.file, first.file);
    assert.deepEqual(await index.obsoleteFiles(), []);
  });

  test("unflushed() lists rows until markFlushed(), also after a restart", async (index, place) => {
    const outcome = await index.store(first, "Never", false);
    assert.ok(outcome.kind === "stored");
    await using reopened = await place.open();
    assert.deepEqual(await reopened.unflushed(), [
      { row: outcome.row, id: first.ids.Instance, file: first.file },
    ]);
    await index.markFlushed(outcome.row);
    assert.deepEqual(await reopened.unflushed(), []);
  });

  test("store() keeps the tags that its first instance gave a parent", async (index) => {
    const description = (text: string) => ({ "00081030": text });
    await store(index, makeInstance({ instance: "1", studyTags: description("first") }));
    await store(index, makeInstance({ instance: "2", studyTags: description("second") }));
    const study = await index.get({ level: "Study", id: first.ids.Study }, WHOLE);
    assert.equal(study?.tags["00081030"], "first");
  });

  test("get() tells everything that was asked for", async (index) => {
    await store(index, makeInstance({ expected: 2, indexInSeries: 1, metadata: { 1200: "x" } }));
    const series = await index.get({ level: "Series", id: first.ids.Series }, WHOLE);
    assert.equal(series?.parent, first.ids.Study);
    assert.deepEqual(series.children, [first.ids.Instance]);
    assert.equal(series.expectedInstances, 2);
    assert.equal(series.status, "Missing");
    assert.equal(series.stable, false);
    assert.equal(series.updatedAt, 1_000_000);
    const instance = await index.get({ level: "Instance", id: first.ids.Instance }, WHOLE);
    assert.equal(instance?.indexInSeries, 1);
    assert.deepEqual(instance.metadata, { 1200: "x" });
    assert.deepEqual(instance.labels, []);
    const study = await index.get({ level: "Study", id: first.ids.Study }, WHOLE);
    assert.deepEqual(study?.patientTags, first.tags.Patient);
    assert.equal(await index.get({ level: "Study", id: first.ids.Series }, WHOLE), undefined);
  });
}

function removing(test: IndexTest): void {
  const instances = [
    makeInstance({ study: "1", series: "1.1", instance: "1.1.1" }),
    makeInstance({ study: "1", series: "1.1", instance: "1.1.2" }),
    makeInstance({ study: "1", series: "1.2", instance: "1.2.1" }),
    makeInstance({ study: "2", series: "2.1", instance: "2.1.1" }),
  ] as const;
  const [one, two, otherSeries, otherStudy] = instances;
  const storeAll = async (index: Index) => {
    for (const instance of instances) await store(index, instance);
  };

  test("remove() takes all below, and names the nearest parent that is left", async (index) => {
    await storeAll(index);
    const { ids } = one;
    assert.deepEqual(await index.remove({ level: "Instance", id: ids.Instance }), {
      files: [one.file.uuid],
      remainingAncestor: { level: "Series", id: ids.Series },
    });
    assert.deepEqual(await index.remove({ level: "Instance", id: two.ids.Instance }), {
      files: [two.file.uuid],
      remainingAncestor: { level: "Study", id: ids.Study },
    });
    assert.equal(await index.get({ level: "Series", id: ids.Series }, WHOLE), undefined);
    assert.deepEqual(await index.remove({ level: "Study", id: ids.Study }), {
      files: [otherSeries.file.uuid],
      remainingAncestor: { level: "Patient", id: ids.Patient },
    });
    assert.deepEqual(await index.remove({ level: "Patient", id: ids.Patient }), {
      files: [otherStudy.file.uuid],
      remainingAncestor: null,
    });
    assert.deepEqual(await index.statistics(), {
      count: { Patient: 0, Study: 0, Series: 0, Instance: 0 },
      size: 0,
    });
    assert.equal(await index.remove({ level: "Patient", id: ids.Patient }), undefined);
  });

  test("remove() of the last instance removes all its parents", async (index) => {
    await store(index, one);
    const removal = await index.remove({ level: "Instance", id: one.ids.Instance });
    assert.equal(removal?.remainingAncestor, null);
    assert.equal((await index.statistics()).count.Patient, 0);
  });

  test("remove() leaves no trace for lookup(), find() and changes()", async (index) => {
    await storeAll(index);
    await index.remove({ level: "Study", id: one.ids.Study });
    assert.deepEqual(await index.lookup("1.1"), []);
    assert.deepEqual(await index.lookup("1.1.1"), []);
    const page = await index.changes({ since: 0, to: undefined, limit: 100, types: [] });
    const ids = new Set(page.changes.map(({ id }) => id));
    assert.deepEqual(ids, new Set(Object.values(otherStudy.ids)));
  });

  test("remove() names more files than it has seconds to lose", async (index) => {
    const many = Array.from({ length: 300 }, (_, n) => makeInstance({ instance: `1.${n}` }));
    await Promise.all(many.map((instance) => store(index, instance)));
    const removal = await index.remove({ level: "Study", id: many[0]!.ids.Study });
    assert.deepEqual(
      new Set(removal?.files),
      new Set(many.map(({ file }) => file.uuid)),
    );
  });

  test("removeFile() removes the instance that has the file, and no other", async (index) => {
    await store(index, one);
    assert.equal(await index.removeFile(two.file.uuid), undefined);
    assert.deepEqual(await index.removeFile(one.file.uuid), {
      files: [one.file.uuid],
      remainingAncestor: null,
    });
    assert.equal((await index.statistics()).count.Instance, 0);
  });

  test("obsoleteFiles() remembers removed files until forgetFiles()", async (index, place) => {
    await store(index, one);
    await store(index, makeInstance({ study: "1", series: "1.1", instance: "1.1.1" }), "Always");
    await using reopened = await place.open();
    assert.deepEqual(await reopened.obsoleteFiles(), [one.file.uuid]);
    await index.forgetFiles([one.file.uuid, "unknown"]);
    assert.deepEqual(await reopened.obsoleteFiles(), []);
  });
}

function labelling(test: IndexTest): void {
  const instance = makeInstance();
  const study = { level: "Study", id: instance.ids.Study } as const;

  test("labels are set once, removed, and go with their resource", async (index) => {
    assert.equal(await index.addLabel(study, "a"), false);
    await store(index, instance);
    for (const label of ["b", "a", "a"]) assert.equal(await index.addLabel(study, label), true);
    assert.deepEqual((await index.get(study, WHOLE))?.labels, ["a", "b"]);
    assert.deepEqual(await index.labels(), ["a", "b"]);
    assert.equal(await index.removeLabel(study, "b"), true);
    assert.equal(await index.removeLabel(study, "absent"), true);
    assert.deepEqual(await index.labels(), ["a"]);
    await index.remove(study);
    assert.deepEqual(await index.labels(), []);
    assert.equal(await index.removeLabel(study, "a"), false);
  });

  test("labels stay on their own level", async (index) => {
    await store(index, instance);
    await index.addLabel(study, "a");
    const patient = await index.get({ level: "Patient", id: instance.ids.Patient }, WHOLE);
    assert.deepEqual(patient?.labels, []);
  });
}
