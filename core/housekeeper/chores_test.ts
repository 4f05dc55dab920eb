import assert from "node:assert/strict";
import { createTestClock } from "../../tests/support/clock.ts";
import { parseWindow } from "../relay/windows.ts";
import { type Chore, type ChoreOptions, createChores } from "./chores.ts";

/** A chore that notes when it is done, and is due again as told. */
function noting(name: string, done: string[], next: () => number): Chore {
  return {
    name,
    step() {
      done.push(name);
      return Promise.resolve(next());
    },
  };
}

function set(options: Partial<ChoreOptions> = {}) {
  const clock = createTestClock(Date.UTC(2026, 0, 5)); // a Monday
  const lines: string[] = [];
  const log = (level: string, message: string) => void lines.push(`${level} ${message}`);
  const all = { clock, log, isBusy: () => false, schedule: undefined, ...options };
  return { clock, lines, start: (...chores: Chore[]) => createChores(chores, all) };
}

Deno.test("chores are done in turn, each when it is due, and never again after Infinity", async () => {
  const { clock, start } = set();
  const done: string[] = [];
  let left = 2;
  await using chores = start(
    noting("once", done, () => Infinity),
    noting("twice", done, () => --left > 0 ? clock.now() + 5000 : Infinity),
  );
  assert.deepEqual(done, []);
  await clock.advance(1000);
  assert.deepEqual(done, ["once", "twice"]);
  await clock.advance(4999);
  assert.equal(done.length, 2);
  await clock.advance(1);
  assert.deepEqual(done, ["once", "twice", "twice"]);
  assert.equal(chores.state, "resting");
  assert.equal(clock.pending, 0);
});

Deno.test("chores rest four times as long as they have worked", async () => {
  const { clock, start } = set();
  const done: string[] = [];
  await using _chores = start({
    name: "slow",
    step() {
      done.push("slow");
      return Promise.resolve(clock.now());
    },
  });
  const { uptime } = clock;
  let worked = 0;
  clock.uptime = () => uptime() + (worked += 5); // asked before and after each piece: 5 ms of work
  await clock.advance(1000);
  assert.equal(done.length, 1);
  await clock.advance(19);
  assert.equal(done.length, 1);
  await clock.advance(1);
  assert.equal(done.length, 2);
});

Deno.test("chores wait while the server is busy", async () => {
  let busy = true;
  const { clock, start } = set({ isBusy: () => busy });
  const done: string[] = [];
  await using chores = start(noting("a", done, () => Infinity));
  await clock.advance(60_000);
  assert.deepEqual([done.length, chores.state], [0, "busy server"]);
  busy = false;
  await clock.advance(500);
  assert.deepEqual(done, ["a"]);
});

Deno.test("chores keep to their schedule", async () => {
  const { clock, start } = set({ schedule: [parseWindow("Mon 06:00-08:00 UTC")!] });
  const done: number[] = [];
  await using chores = start({
    name: "hourly",
    step() {
      done.push(new Date(clock.now()).getUTCHours());
      return Promise.resolve(clock.now() + 1_800_000);
    },
  });
  await clock.advance(5 * 3_600_000);
  assert.deepEqual([done, chores.state], [[], "outside schedule"]);
  await clock.advance(24 * 3_600_000);
  assert.deepEqual(done, [6, 6, 7, 7]);
});

Deno.test("chores with an empty schedule are never done", async () => {
  const { clock, start } = set({ schedule: [] });
  const done: string[] = [];
  await using _chores = start(noting("a", done, () => Infinity));
  await clock.advance(7 * 86_400_000);
  assert.deepEqual(done, []);
});

Deno.test("a chore that fails is tried again in an hour, and does not hold up the others", async () => {
  const { clock, lines, start } = set();
  const done: string[] = [];
  const failing: Chore = { name: "bad", step: () => Promise.reject(new Error("no disk")) };
  await using _chores = start(failing, noting("good", done, () => Infinity));
  await clock.advance(1000);
  assert.deepEqual([lines, done], [["warning housekeeping failed"], ["good"]]);
  await clock.advance(3_599_999);
  assert.equal(lines.length, 1);
  await clock.advance(1);
  assert.equal(lines.length, 2);
});

Deno.test("disposing chores waits for the piece at hand", async () => {
  const { clock, start } = set();
  const piece = Promise.withResolvers<number>();
  const chores = start({ name: "long", step: () => piece.promise });
  await clock.advance(1000);
  let isOver = false;
  const over = chores[Symbol.asyncDispose]().then(() => isOver = true);
  await clock.advance(1000);
  assert.equal(isOver, false);
  piece.resolve(0);
  await over;
  assert.equal(clock.pending, 0, "nothing more is planned");
});
