import assert from "node:assert/strict";
import { createTestClock } from "../../tests/support/clock.ts";
import { openLocalIndex } from "../../tests/support/index.ts";
import { DicomError } from "../errors.ts";
import type { JobStore } from "../ports/job_store.ts";
import { createJobs } from "./engine.ts";
import { defineJob, type JobPorts } from "./job.ts";
import { createJobKeeper, NO_KEEPER } from "./persistence.ts";

interface Counting {
  readonly to: number;
  /** It fails when it gets there; -1 for never. */
  readonly failsAt: number;
}

/** An engine over `store` with a job that counts, and whose every step waits for the test. */
async function startEngine(store: JobStore, historySize = 10) {
  const started: number[] = [];
  const gates: PromiseWithResolvers<void>[] = [];
  const counting = defineJob<Counting, { at: number }>({
    start: () => ({ at: 0 }),
    async *run({ input: { to, failsAt }, state: { at } }) {
      started.push(at);
      while (at < to) {
        const gate = Promise.withResolvers<void>();
        gates.push(gate);
        await gate.promise;
        if (at === failsAt) {
          throw new DicomError("network", "Cannot count: nobody there", { dimseStatus: 0xa700 });
        }
        yield { at: ++at };
      }
    },
    progress: ({ input, state }) => state.at / input.to,
    content: ({ state }) => ({ At: state.at }),
  });
  const lines: string[] = [];
  const log = (_level: unknown, message: string) => void lines.push(message);
  const jobs = createJobs({
    types: { counting },
    ports: {} as JobPorts, // these jobs use none
    clock: createTestClock(1000),
    log,
    concurrency: 1,
    historySize,
    keeper: createJobKeeper(store, log),
  });
  jobs.restore(await store.savedJobs());
  return {
    jobs,
    started,
    lines,
    submit: (input: Partial<Counting> = {}, userData: unknown = { mine: true }) =>
      jobs.submit({
        type: "counting",
        input: { to: 3, failsAt: -1, ...input },
        priority: 7,
        userData,
      }),
    async step() {
      gates.shift()?.resolve();
      await settle();
    },
  };
}

/** Lets everything end that waits for promises only. */
const settle = () => new Promise((resolve) => setTimeout(resolve));

Deno.test("a job that was cut off goes on from its last checkpoint", async () => {
  await using store = openLocalIndex();
  const first = await startEngine(store);
  const { id, kept } = first.submit();
  await kept;
  await first.step();
  await first.step();
  const second = await startEngine(store); // the first process has ended without a word
  assert.deepEqual(second.started, [2]);
  const { priority, userData, createdAt, progress } = second.jobs.get(id)!;
  assert.deepEqual([priority, userData, createdAt, progress], [7, { mine: true }, 1000, 2 / 3]);
  await second.step();
  assert.equal(second.jobs.get(id)?.state, "Success");
  const third = await startEngine(store);
  assert.deepEqual([third.jobs.get(id)?.state, third.started], ["Success", []]);
});

Deno.test("a job to which nobody has added anything is kept as well", async () => {
  await using index = openLocalIndex();
  const first = await startEngine(index);
  const { id } = first.submit({}, null);
  const bare = first.jobs.submit({
    ...{ type: "counting", input: { to: 3, failsAt: -1 }, priority: 0 },
    userData: undefined,
  });
  await first.jobs[Symbol.asyncDispose]();
  const second = await startEngine(index);
  assert.deepEqual(second.jobs.list().map((job) => job.id), [id, bare.id].sort());
  assert.equal(second.jobs.get(bare.id)!.userData, undefined);
  assert.deepEqual(second.lines, []);
  await second.jobs[Symbol.asyncDispose]();
});

Deno.test("a job that the end of the server interrupts goes on; who waits for it is told", async () => {
  await using store = openLocalIndex();
  const first = await startEngine(store);
  const { id, finished } = first.submit();
  await first.step();
  await first.jobs[Symbol.asyncDispose]();
  assert.equal((await finished).failure?.code, "unavailable");
  const second = await startEngine(store);
  assert.deepEqual([second.started, second.jobs.get(id)?.state], [[1], "Running"]);
});

Deno.test("jobs that wait, are paused or failed are kept as they are, in their order", async () => {
  await using store = openLocalIndex();
  const first = await startEngine(store);
  const failing = first.submit({ failsAt: 1 });
  const paused = first.submit();
  const waiting = first.submit();
  first.jobs.act(paused.id, "pause");
  await first.step();
  await first.step();
  const second = await startEngine(store);
  const states = [failing, paused, waiting].map(({ id }) => second.jobs.get(id)?.state);
  assert.deepEqual(states, ["Failure", "Paused", "Running"]);
  const { failure, completedAt } = second.jobs.get(failing.id)!;
  assert.deepEqual(
    [failure?.code, failure?.message, failure?.dimseStatus, failure?.payload, completedAt],
    [
      "network",
      "Cannot count: nobody there",
      0xa700,
      { type: "Dimse", content: { DimseErrorStatus: 0xa700 } },
      1000,
    ],
  );
  second.jobs.act(failing.id, "resubmit");
  const third = await startEngine(store);
  assert.notEqual(third.jobs.get(failing.id)?.state, "Failure");
});

Deno.test("what is forgotten does not come back", async () => {
  await using store = openLocalIndex();
  const first = await startEngine(store, 1);
  const removed = first.submit({ to: 0 });
  await settle();
  first.jobs.act(removed.id, "remove");
  first.submit({ to: 0 });
  const last = first.submit({ to: 0 });
  await settle();
  const saved = await store.savedJobs();
  assert.deepEqual(saved.map(({ id }) => id), [last.id]);
});

Deno.test("jobs that this version does not understand are forgotten, and that is logged", async () => {
  await using store = openLocalIndex();
  const first = await startEngine(store);
  const { id } = first.submit();
  await settle();
  const [known] = await store.savedJobs();
  const record = JSON.parse(known!.record);
  const changes = [{ name: "toString" }, { name: "newer" }, { status: "Dancing" }, { input: null }];
  for (const [index, change] of changes.entries()) {
    await store.saveJob({
      ...known!,
      id: `x${index}`,
      record: JSON.stringify({ ...record, ...change }),
    });
  }
  const second = await startEngine(store);
  assert.deepEqual(second.jobs.list().map((job) => job.id), [id]);
  assert.deepEqual(second.lines, ["forgot jobs that nobody understands"]);
  await settle();
  assert.equal((await store.savedJobs()).length, 1);
});

Deno.test("a store that fails stops no job", async () => {
  await using store = openLocalIndex();
  const broken: JobStore = {
    ...store,
    saveJob: () => Promise.reject(new DicomError("database", "Cannot write")),
    saveJobState: () => Promise.reject(new DicomError("database", "Cannot write")),
  };
  const { submit, step, lines } = await startEngine(broken);
  const { kept, finished } = submit({ to: 1 });
  await kept;
  await step();
  assert.equal((await finished).state, "Success");
  assert.ok(lines.includes("cannot keep job"));
});

Deno.test("checkpoints close together are not all kept, but what the end of the server interrupts is", async () => {
  const clock = createTestClock(0);
  const kept: unknown[] = [];
  const gates: (() => void)[] = [];
  const counting = defineJob<null, number>({
    repeatableMs: 100,
    start: () => 0,
    async *run({ state }) {
      for (;;) {
        await new Promise<void>((resolve) => gates.push(resolve));
        yield ++state;
      }
    },
    progress: () => 0,
    content: () => ({}),
  });
  const jobs = createJobs({
    types: { counting },
    ports: {} as JobPorts, // it uses none
    clock,
    log: () => {},
    concurrency: 1,
    historySize: 1,
    keeper: { ...NO_KEEPER, checkpoint: ({ state }) => void kept.push(state) },
  });
  jobs.submit({ type: "counting", input: null, priority: 0, userData: undefined });
  for (let step = 0; step < 8; step++) {
    await settle();
    gates.shift()!();
    await settle();
    await clock.advance(40);
  }
  assert.deepEqual(kept, [1, 4, 7]);
  await jobs[Symbol.asyncDispose]();
  assert.deepEqual(kept, [1, 4, 7, 8]);
});
