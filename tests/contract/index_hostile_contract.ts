import assert from "node:assert/strict";
import { ROW_ONLY } from "../../core/archive/query.ts";
import { TAG, tagHex } from "../../core/dicom/tag.ts";
import { makeInstance } from "../support/index.ts";
import { type IndexTest, store } from "./index_contract.ts";
import { condition, query } from "./index_find_contract.ts";

const NAME = TAG.patientName;

/** Texts that mean something to databases must mean nothing to the index, nor may long lists harm it. */
export function indexHostileContract(test: IndexTest): void {
  const long = "x".repeat(1_000_000);
  const texts = ["'", '"', "';DROP TABLE resource;--", "\0", "a\0b", "[", "]", "\\", "$.", long];
  test("any text is only text", async (index) => {
    await store(index, makeInstance());
    for (const text of texts) {
      const tag = [condition(NAME, "Patient", text)];
      const matcher = { kind: "wildcard", pattern: `${text}*` } as const;
      const metadata = [{ key: 1024, matcher, caseSensitive: true }];
      const wild = [{ tag: NAME, level: "Patient", matcher, caseSensitive: false } as const];
      assert.deepEqual(await index.findIds(query("Instance", { tags: tag })), []);
      assert.deepEqual(await index.findIds(query("Instance", { tags: wild })), []);
      assert.deepEqual(await index.findIds(query("Instance", { metadata })), []);
      const labels = { labels: [text], constraint: "Any" } as const;
      assert.deepEqual(await index.findIds(query("Study", { labels })), []);
      const parent = { level: "Study", id: text } as const;
      assert.deepEqual(await index.findIds(query("Instance", { parent })), []);
      assert.equal(await index.get({ level: "Study", id: text }, ROW_ONLY), undefined);
      assert.equal(await index.remove({ level: "Study", id: text }), undefined);
      assert.equal(await index.removeFile(text), undefined);
      assert.deepEqual(await index.lookup(text), []);
    }
    assert.equal((await index.statistics()).count.Instance, 1);
  });

  test("any text in an instance comes back as it was", async (index) => {
    for (const [number, text] of texts.entries()) {
      const patientTags = { [tagHex(NAME)]: text };
      await store(
        index,
        makeInstance({ patient: `P${number}`, patientTags, metadata: { 1024: text } }),
      );
      const { ids } = makeInstance({ patient: `P${number}` });
      const patient = await index.get({ level: "Patient", id: ids.Patient }, ROW_ONLY);
      assert.equal(patient?.tags[tagHex(NAME)], text);
      const instance = await index.get({ level: "Instance", id: ids.Instance }, ROW_ONLY);
      assert.equal(instance?.metadata[1024], text);
      await index.remove({ level: "Patient", id: ids.Patient });
    }
    assert.equal((await index.statistics()).count.Patient, 0);
  });

  test("find() takes thousands of values and labels", async (index) => {
    await store(index, makeInstance());
    const values = Array.from({ length: 50_000 }, (_, n) => `v${n}`);
    const matcher = { kind: "equal", values: [...values, "p1"] } as const;
    const tags = [{ tag: TAG.patientId, level: "Patient", matcher, caseSensitive: false } as const];
    const labels = { labels: values, constraint: "None" } as const;
    assert.equal(await index.count(query("Study", { tags, labels })), 1);
  });
}
