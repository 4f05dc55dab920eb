import assert from "node:assert/strict";
import { WHOLE } from "../../core/archive/query.ts";
import type { DutyPlan, NewDuty } from "../../core/ports/duties.ts";
import { makeInstance, openLocalIndex } from "../../tests/support/index.ts";

const DUTY: NewDuty = {
  rule: "r",
  ruleVersion: 1,
  destination: "a",
  chain: "",
  confirm: "ack",
  priority: "normal",
  state: "ready",
  dueAt: null,
  group: "",
  callingAet: "",
  strictSeries: false,
  hops: [],
};

/** An index with one instance, and another form of its file. */
async function openWithOne(plan?: DutyPlan) {
  const index = openLocalIndex();
  const before = makeInstance({ content: "a", size: 100, metadata: { 2: "then", 9: "1.2" } });
  await index.store(before, "Never", true, plan);
  const instance = makeInstance({ content: "b", size: 40, metadata: { 9: "1.3" } });
  await index.expectFile(instance.file.uuid);
  return {
    index,
    before,
    instance,
    ref: { level: "Instance", id: before.ids.Instance } as const,
    exchange: () => index.exchangeFile({ before: before.file.uuid, instance }),
    [Symbol.asyncDispose]: () => index[Symbol.asyncDispose](),
  };
}

Deno.test("exchangeFile() puts a file in the place of another and leaves all else", async () => {
  await using one = await openWithOne();
  const { index, ref } = one;
  await index.addLabel(ref, "kept");
  const changes = () => index.changes({ since: 0, to: undefined, limit: 100, types: [] });
  const logged = await changes();
  assert.equal(await one.exchange(), true);
  const found = await index.get(ref, WHOLE);
  assert.deepEqual(found?.file, one.instance.file);
  assert.deepEqual([found?.metadata[2], found?.metadata[9]], ["then", "1.3"]);
  assert.deepEqual(found?.labels, ["kept"]);
  assert.deepEqual(await changes(), logged);
  assert.equal((await index.statistics()).size, 40);
  assert.deepEqual(await index.obsoleteFiles(), [one.before.file.uuid]);
});

Deno.test("exchangeFile() does nothing for a file that is not there any more", async () => {
  await using one = await openWithOne();
  const { index, ref } = one;
  await index.store(makeInstance({ content: "c" }), "Always", true);
  const { file } = (await index.get(ref, WHOLE))!;
  assert.equal(await one.exchange(), false);
  assert.deepEqual((await index.get(ref, WHOLE))?.file, file);
  await index.remove(ref);
  assert.equal(await one.exchange(), false);
  assert.equal(await index.get(ref, WHOLE), undefined);
});

Deno.test("exchangeFile() waits until the relay has done what it owes", async () => {
  await using one = await openWithOne({ duties: [DUTY], timers: [] });
  const { index, before, ref } = one;
  assert.equal(await one.exchange(), false);
  assert.deepEqual((await index.get(ref, WHOLE))?.file, before.file);
  const request = { destination: "a", lowest: "bulk", exceptRules: [], turns: ["normal"] } as const;
  const [claimed] = await index.claimDuties(request);
  assert.equal(await one.exchange(), false);
  await index.settleDuties([{ id: claimed!.id, state: "sent" }]);
  assert.equal(await one.exchange(), true);
});
