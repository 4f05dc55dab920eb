import assert from "node:assert/strict";
import type { ChangesQuery, Index } from "../../core/ports.ts";
import { makeInstance } from "../support/index.ts";
import { type IndexTest, store } from "./index_contract.ts";

const ALL: ChangesQuery = { since: 0, to: undefined, limit: 1000, types: [] };

/** What the log of changes, and the watch over silence, must do. */
export function indexChangesContract(test: IndexTest): void {
  logging(test);
  paging(test);
  settling(test);
}

async function types(index: Index, query: Partial<ChangesQuery> = {}): Promise<string[]> {
  const { changes } = await index.changes({ ...ALL, ...query });
  return changes.map(({ type }) => type);
}

function logging(test: IndexTest): void {
  test("changes() tells what is new from below, then that the series is complete", async (index) => {
    await store(index, makeInstance({ instance: "1", expected: 2, indexInSeries: 1 }));
    await store(index, makeInstance({ instance: "2", expected: 2, indexInSeries: 2 }));
    assert.deepEqual(await types(index), [
      ...["NewInstance", "NewSeries", "NewStudy", "NewPatient"],
      ...["NewInstance", "CompletedSeries"],
    ]);
    const page = await index.changes(ALL);
    const { ids } = makeInstance();
    assert.deepEqual(page.changes[2], {
      seq: 3,
      type: "NewStudy",
      level: "Study",
      id: ids.Study,
      at: 1_000_000,
    });
  });

  test("changes() says CompletedSeries neither early, nor twice, nor for wrong numbers", async (index) => {
    const numbered = (instance: string, indexInSeries: number, series = "1.1.1") =>
      store(index, makeInstance({ instance, series, expected: 2, indexInSeries }));
    await numbered("1", 1);
    await numbered("2", 2);
    await numbered("3", 3);
    await numbered("4", 1, "1.1.2");
    await numbered("5", 1, "1.1.2");
    const completed = await index.changes({ ...ALL, types: ["CompletedSeries"] });
    assert.equal(completed.changes.length, 1);
  });

  test("changes() says nothing of what is not stored", async (index) => {
    await store(index, makeInstance({ content: "a" }));
    await store(index, makeInstance({ content: "a" }));
    await store(index, makeInstance({ content: "b" }));
    assert.equal((await types(index)).length, 4);
  });

  test("changes() tells of an instance again when it is replaced", async (index) => {
    await store(index, makeInstance({ instance: "1" }));
    await store(index, makeInstance({ instance: "2" }));
    await store(index, makeInstance({ instance: "2", content: "b" }), "IfChanged");
    const { changes } = await index.changes(ALL);
    assert.deepEqual(changes.map(({ seq, type }) => [seq, type]), [
      ...[[1, "NewInstance"], [2, "NewSeries"], [3, "NewStudy"], [4, "NewPatient"]],
      [6, "NewInstance"],
    ]);
  });

  test("numbers of changes are never used twice", async (index, place) => {
    await store(index, makeInstance());
    await index.clearChanges();
    assert.deepEqual(await index.changes(ALL), { changes: [], done: true, lastSeq: 4 });
    await using reopened = await place.open();
    assert.equal((await reopened.changes(ALL)).lastSeq, 4);
    await reopened.remove({ level: "Patient", id: makeInstance().ids.Patient });
    await store(reopened, makeInstance());
    const { changes, lastSeq } = await reopened.changes(ALL);
    assert.deepEqual(changes.map(({ seq }) => seq), [5, 6, 7, 8]);
    assert.equal(lastSeq, 8);
  });
}

function paging(test: IndexTest): void {
  test("changes() pages forward from since, backward from to, and by type", async (index) => {
    for (const instance of ["1", "2", "3"]) await store(index, makeInstance({ instance }));
    const seqs = async (query: Partial<ChangesQuery>) => {
      const { changes, done, lastSeq } = await index.changes({ ...ALL, ...query });
      assert.equal(lastSeq, 6);
      return [changes.map(({ seq }) => seq), done];
    };
    assert.deepEqual(await seqs({ limit: 2 }), [[1, 2], false]);
    assert.deepEqual(await seqs({ since: 2, limit: 2 }), [[3, 4], false]);
    assert.deepEqual(await seqs({ since: 4, limit: 2 }), [[5, 6], true]);
    assert.deepEqual(await seqs({ since: 6 }), [[], true]);
    assert.deepEqual(await seqs({ to: 4, limit: 2 }), [[3, 4], false]);
    assert.deepEqual(await seqs({ to: 4, since: 2 }), [[3, 4], true]);
    assert.deepEqual(await seqs({ types: ["NewInstance", "NewPatient"] }), [[1, 4, 5, 6], true]);
    assert.deepEqual(await seqs({ types: ["NewInstance"], limit: 1, since: 1 }), [[5], false]);
    assert.deepEqual(await seqs({ types: ["' OR 1=1 --", "\0"] }), [[], true]);
    assert.deepEqual(await seqs({ limit: 0 }), [[], false]);
  });
}

function settling(test: IndexTest): void {
  test("markStable() logs series, then study, then patient, once", async (index) => {
    await store(index, makeInstance({ receivedAt: 1000 }));
    await store(
      index,
      makeInstance({ study: "2", series: "2.1", instance: "2", receivedAt: 2000 }),
    );
    assert.equal(await index.markStable(999, 5000), 0);
    assert.equal(await index.markStable(1000, 5000), 2);
    assert.equal(await index.markStable(2000, 6000), 3);
    assert.equal(await index.markStable(9000, 9000), 0);
    assert.equal(await index.oldestUnstable(), undefined);
    const stable = (await index.changes({ ...ALL, since: 7 })).changes;
    assert.deepEqual(stable.map(({ type, at }) => [type, at]), [
      ["StableSeries", 5000],
      ["StableStudy", 5000],
      ["StableSeries", 6000],
      ["StableStudy", 6000],
      ["StablePatient", 6000],
    ]);
  });

  test("markStable() speaks again after a new instance, of its parents only", async (index) => {
    await store(index, makeInstance({ instance: "1", receivedAt: 1000 }));
    await store(index, makeInstance({ series: "1.2", instance: "2", receivedAt: 1000 }));
    assert.equal(await index.markStable(1000, 1000), 4);
    await store(index, makeInstance({ instance: "3", receivedAt: 3000 }));
    assert.equal(await index.oldestUnstable(), 3000);
    assert.equal(await index.markStable(2999, 4000), 0);
    assert.equal(await index.markStable(3000, 4000), 3);
  });

  test("what was unstable is so after a restart", async (index, place) => {
    await store(index, makeInstance({ receivedAt: 1000 }));
    await using reopened = await place.open();
    assert.equal(await reopened.oldestUnstable(), 1000);
    assert.equal(await reopened.markStable(1000, 2000), 3);
  });

  test("markStable() gets through more than fits one transaction, series before patients", async (index) => {
    const many = Array.from({ length: 250 }, (_, n) => makeInstance({ patient: `P${n}` }));
    await Promise.all(many.map((instance) => store(index, instance)));
    let marked = 0;
    for (let count = -1; count !== 0; marked += count) {
      count = await index.markStable(1_000_000, 2_000_000);
    }
    assert.equal(marked, 750);
    const order = (await types(index, { since: 1000 })).filter((type, at, all) =>
      type !== all[at - 1]
    );
    assert.deepEqual(order, ["StableSeries", "StableStudy", "StablePatient"]);
  });
}
