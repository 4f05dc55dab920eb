import assert from "node:assert/strict";
import { makeInstance, openLocalIndex } from "../../tests/support/index.ts";
import { DELETION, type DutyState, type NewDuty } from "../ports/duties.ts";
import { createMakeRoom } from "./recycling.ts";

const LIMITS = { size: 2500, patients: 0, mode: "Recycle" } as const;

/** An index with patients P0, P1, … of 1000 bytes each, of whom some may not go. */
async function makeRoomAmong(count: number, kept: readonly string[] = []) {
  const index = openLocalIndex();
  const instances = Array.from(
    { length: count },
    (_, n) =>
      makeInstance({ patient: `P${n}`, study: `1.${n}`, instance: `1.${n}.1`, receivedAt: n }),
  );
  for (const instance of instances) await index.store(instance, "Never", true);
  const ids = instances.map(({ ids: { Patient } }) => Patient);
  const removed: string[] = [];
  const makeRoom = createMakeRoom({
    index,
    log() {},
    mayRecycle: ({ id }) => Promise.resolve(!kept.map((name) => ids[Number(name[1])]).includes(id)),
    async remove(ref) {
      removed.push(`P${ids.indexOf(ref.id)}`);
      return await index.remove(ref);
    },
    limits: LIMITS,
  });
  assert.ok(makeRoom, "there is a limit");
  return { index, makeRoom, removed, ids };
}

Deno.test("makeRoom() removes as many as must go, but nobody whom the relay needs", async () => {
  const { index, makeRoom, removed } = await makeRoomAmong(30, ["P0", "P2"]);
  await using _ = index;
  using _room = await makeRoom({ patient: "new", size: 500 });
  assert.deepEqual(removed.length, 28);
  assert.deepEqual(removed.slice(0, 2), ["P1", "P3"]);
});

Deno.test("makeRoom() counts what others are about to store, until they have", async () => {
  const { index, makeRoom, removed } = await makeRoomAmong(1);
  await using _ = index;
  const first = await makeRoom({ patient: "a", size: 1400 });
  assert.deepEqual(removed, []);
  const second = await makeRoom({ patient: "b", size: 200 });
  assert.deepEqual(removed, ["P0"]);
  await assert.rejects(makeRoom({ patient: "c", size: 1000 }), { code: "storage-full" });
  first[Symbol.dispose]();
  using _third = await makeRoom({ patient: "c", size: 1000 });
  second[Symbol.dispose]();
});

Deno.test("makeRoom() never removes the patient that something is coming for", async () => {
  const { index, makeRoom, removed, ids } = await makeRoomAmong(2);
  await using _ = index;
  using _room = await makeRoom({ patient: ids[0]!, size: 1000 });
  assert.deepEqual(removed, ["P1"]);
});

/** A duty to deliver somewhere. */
const DUTY: NewDuty = {
  rule: "r",
  ruleVersion: 1,
  destination: "pacs",
  chain: "",
  confirm: "verify",
  priority: "normal",
  state: "ready",
  dueAt: null,
  group: "",
  callingAet: "",
  strictSeries: false,
  hops: [],
};

/** Whether a patient of whom there is such a duty is needed by the relay. */
const NEEDED: readonly (readonly [Partial<NewDuty>, DutyState, boolean])[] = [
  [{}, "ready", true],
  [{}, "sending", true],
  [{}, "sent", true],
  [{}, "unproven", true],
  [{}, "dead", true],
  [{}, "confirmed", false],
  [{}, "cancelled", false],
  [{}, "superseded", false],
  [{ confirm: "ack" }, "sent", false],
  [{ confirm: "ack" }, "retry", true],
  [{ destination: DELETION, state: "waiting" }, "waiting", false],
];

for (const [parts, state, isNeeded] of NEEDED) {
  const what = `${state} duty ${JSON.stringify(parts)}`;
  Deno.test(`hasOpenDuties() says ${isNeeded} of a ${what}`, async () => {
    await using index = openLocalIndex();
    const instance = makeInstance();
    await index.store(instance, "Never", true);
    const plan = { duties: [{ ...DUTY, ...parts }], timers: [] };
    await index.addDuties(instance.ids.Instance, plan, 0);
    const claim = { destination: "pacs", lowest: "bulk", exceptRules: [] } as const;
    const [claimed] = await index.claimDuties({ ...claim, turns: ["normal"] });
    if (claimed) await index.settleDuties([{ id: claimed.id, state }]);
    assert.equal((await index.duties({ limit: 1 }))[0]?.state, state);
    assert.equal(await index.hasOpenDuties(instance.ids.Patient), isNeeded);
    assert.equal(await index.hasOpenDuties("nobody"), false);
  });
}
