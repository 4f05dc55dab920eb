import assert from "node:assert/strict";
import { createTestClock } from "../../tests/support/clock.ts";
import { DicomError } from "../errors.ts";
import { createJobs } from "./engine.ts";
import { defineJob, type JobPorts } from "./job.ts";

/** A job that does a step whenever the test lets it. */
interface Steps {
  readonly name: string;
  readonly total: number;
}

function makeJobs({ concurrency = 1, historySize = 10 } = {}) {
  const started: string[] = [];
  const gates = new Map<string, PromiseWithResolvers<void>>();
  const gate = (name: string) => {
    const known = gates.get(name) ?? Promise.withResolvers<void>();
    gates.set(name, known);
    return known;
  };
  const steps = defineJob<Steps, { done: number }>({
    start: () => ({ done: 0 }),
    async *run({ input: { name, total }, state: { done } }) {
      started.push(`${name}${done}`);
      while (done < total) {
        await gate(name).promise;
        gates.delete(name);
        yield { done: ++done };
      }
    },
    progress: ({ input, state }) => state.done / input.total,
    content: ({ input, state }) => ({ Name: input.name, Done: state.done }),
    failurePayload: ({ state }) => ({ type: "Steps", content: state.done }),
  });
  const clock = createTestClock(0);
  const lines: string[] = [];
  const jobs = createJobs({
    types: { steps },
    ports: {} as JobPorts, // these jobs use none
    clock,
    log: (_level, message) => void lines.push(message),
    concurrency,
    historySize,
  });
  const submit = (name: string, total = 1, priority = 0) =>
    jobs.submit({ type: "steps", input: { name, total }, priority, userData: undefined });
  return {
    jobs,
    clock,
    started,
    lines,
    submit,
    /** Lets a job do its next step. */
    async step(name: string) {
      gate(name).resolve();
      await settle();
    },
    async fail(name: string, error: Error) {
      gate(name).reject(error);
      gates.delete(name);
      await settle();
    },
  };
}

/** Lets everything end that waits for promises only. */
const settle = () => new Promise((resolve) => setTimeout(resolve));

Deno.test("submit() runs as many jobs at a time as it may, by priority and then in order", async () => {
  const { submit, step, started } = makeJobs({ concurrency: 2 });
  submit("a");
  submit("b");
  submit("c");
  submit("d", 1, 5);
  submit("e", 1, 5);
  assert.deepEqual(started, ["a0", "b0"]);
  await step("b");
  await step("a");
  assert.deepEqual(started, ["a0", "b0", "d0", "e0"]);
  await step("d");
  assert.deepEqual(started.at(-1), "c0");
  for (const name of ["c", "e"]) await step(name);
});

Deno.test("get() tells progress, run time and when a job may end", async () => {
  const { jobs, clock, submit, step } = makeJobs();
  const { id, finished } = submit("a", 4);
  assert.equal(jobs.get(id)?.expectedAt, undefined);
  await clock.advance(1000);
  await step("a");
  const running = jobs.get(id)!;
  assert.deepEqual(
    [running.state, running.progress, running.runtimeMs, running.expectedAt],
    ["Running", 0.25, 1000, 4000],
  );
  for (let n = 0; n < 3; n++) await step("a");
  const ended = await finished;
  assert.deepEqual(
    [ended.state, ended.progress, ended.completedAt, ended.expectedAt, ended.failure],
    ["Success", 1, 1000, undefined, undefined],
  );
  assert.deepEqual(ended.content, { Name: "a", Done: 4 });
});

Deno.test("a paused job leaves its place at its next checkpoint, and goes on from there", async () => {
  const { jobs, clock, submit, step, started } = makeJobs();
  const { id, finished } = submit("a", 2);
  submit("b");
  assert.equal(jobs.act(id, "pause"), true);
  assert.equal(jobs.get(id)?.state, "Running");
  await step("a");
  assert.equal(jobs.get(id)?.state, "Paused");
  await clock.advance(500);
  assert.equal(jobs.act(id, "resume"), true);
  assert.equal(jobs.act(id, "resume"), false, "it is not paused any more");
  assert.deepEqual(started, ["a0", "b0"]);
  await step("b");
  assert.deepEqual(started, ["a0", "b0", "a1"]);
  await step("a");
  const { state, runtimeMs } = await finished;
  assert.deepEqual([state, runtimeMs], ["Success", 0], "pauses do not count");
});

Deno.test("a canceled job ends at once, even in the middle of a step", async () => {
  const { jobs, submit, step, started } = makeJobs();
  const running = submit("a");
  const waiting = submit("b");
  submit("c");
  assert.equal(jobs.act(waiting.id, "cancel"), true);
  assert.equal((await waiting.finished).failure?.code, "canceled-job");
  assert.equal(jobs.act(running.id, "cancel"), true);
  const { state, failure } = await running.finished;
  assert.deepEqual([state, failure?.code], ["Failure", "canceled-job"]);
  await settle();
  assert.deepEqual(started, ["a0", "c0"]);
  await step("a");
  await step("c");
});

Deno.test("a failed job tells why, and can be submitted again", async () => {
  const { jobs, submit, step, fail, lines } = makeJobs();
  const { id, finished } = submit("a", 2);
  assert.equal(jobs.act(id, "resubmit"), false, "it has not failed");
  await step("a");
  await fail("a", new DicomError("network", "Cannot do it: nobody there"));
  const { state, failure, progress } = await finished;
  assert.deepEqual([state, progress], ["Failure", 0.5]);
  assert.deepEqual([failure?.code, failure?.message], ["network", "Cannot do it: nobody there"]);
  assert.deepEqual(failure?.payload, { type: "Steps", content: 1 });
  assert.deepEqual(lines, ["job failed"]);
  assert.equal(jobs.act(id, "resubmit"), true);
  assert.equal(jobs.get(id)?.failure, undefined);
  await step("a");
  assert.deepEqual(jobs.get(id)?.content, { Name: "a", Done: 1 }, "from the start");
  await step("a");
  assert.equal(jobs.get(id)?.state, "Success");
});

Deno.test("a failure that nobody foresaw is logged, and its text kept from clients", async () => {
  const { submit, fail, lines } = makeJobs();
  const { finished } = submit("a");
  await fail("a", new TypeError("secret"));
  const { failure } = await finished;
  assert.equal(failure?.code, "internal");
  assert.doesNotMatch(failure!.message, /secret/);
  assert.deepEqual(lines, ["unexpected failure of a job"]);
});

Deno.test("of the jobs that ended, the newest are kept", async () => {
  const { jobs, clock, submit, step } = makeJobs({ historySize: 2 });
  const ids: string[] = [];
  for (const name of ["a", "b", "c"]) {
    ids.push(submit(name).id);
    await clock.advance(1);
    await step(name);
  }
  assert.deepEqual(jobs.list().map(({ id }) => id), ids.slice(1).sort());
});

Deno.test("remove takes what has ended, and nothing else", async () => {
  const { jobs, submit, step } = makeJobs();
  const { id } = submit("a");
  assert.equal(jobs.act(id, "remove"), false);
  await step("a");
  assert.equal(jobs.act(id, "remove"), true);
  assert.equal(jobs.act(id, "remove"), false);
  assert.deepEqual(jobs.list(), []);
});

Deno.test("disposal ends what runs and starts nothing more", async () => {
  const { jobs, submit, started } = makeJobs();
  const { finished } = submit("a");
  submit("b");
  await jobs[Symbol.asyncDispose]();
  assert.equal((await finished).failure?.code, "unavailable");
  assert.deepEqual(started, ["a0"]);
});
