import assert from "node:assert/strict";
import { WHOLE } from "../../core/archive/query.ts";
import { makeInstance } from "../support/index.ts";
import { type IndexTest, store } from "./index_contract.ts";

/** What must hold when resources that are there are described anew, and their changes logged. */
export function indexRefreshContract(test: IndexTest): void {
  const study = "00081030";

  test("refresh() describes the levels that are named anew, and finds them so", async (index) => {
    const before = makeInstance({ studyTags: { [study]: "old" }, seriesTags: { "0008103e": "s" } });
    await store(index, before);
    const after = makeInstance({ studyTags: { [study]: "new" }, seriesTags: { "0008103e": "t" } });
    const ref = { level: "Study", id: before.ids.Study } as const;
    const series = { level: "Series", id: before.ids.Series } as const;
    const metadata = { ...after.metadata, Study: { 15: "signature" } };
    await index.refresh({ ...after, metadata }, ["Patient", "Study"]);
    const found = await index.get(ref, WHOLE);
    assert.equal(found?.tags[study], "new");
    assert.equal(found?.metadata[15], "signature");
    assert.equal((await index.get(series, WHOLE))?.tags["0008103e"], "s");
    assert.equal((await index.lookup("1.1")).length, 1);
  });

  test("refresh() leaves alone what is not there", async (index) => {
    await index.refresh(makeInstance(), ["Patient", "Study", "Series", "Instance"]);
    assert.deepEqual((await index.statistics()).count.Patient, 0);
  });

  test("logChange() logs a change of what is there", async (index) => {
    const { ids } = makeInstance();
    await store(index, makeInstance());
    await index.logChange("ModifiedStudy", { level: "Study", id: ids.Study }, 7);
    await index.logChange("ModifiedStudy", { level: "Study", id: "nope" }, 8);
    const page = { since: 4, to: undefined, limit: 10, types: [] };
    const { changes } = await index.changes(page);
    assert.deepEqual(changes, [
      { seq: 5, type: "ModifiedStudy", level: "Study", id: ids.Study, at: 7 },
    ]);
  });
}
