import assert from "node:assert/strict";
import { createTestClock } from "../../tests/support/clock.ts";
import { makeInstance, openLocalIndex } from "../../tests/support/index.ts";
import type { Index } from "../ports.ts";
import { createStability } from "./stability.ts";

const AGE = 60_000;

/** A watch over an index, whose clock stands still. */
function makeWatch(index: Index & AsyncDisposable = openLocalIndex(), clock = createTestClock()) {
  let changed = 0;
  const lines: string[] = [];
  const stability = createStability({
    index,
    clock,
    log: (level, message) => void lines.push(`${level}: ${message}`),
    stableAgeMs: AGE,
    changed: () => void changed++,
  });
  return {
    index,
    clock,
    stability,
    lines,
    changed: () => changed,
    async store(instance: string, series = "1.1.1") {
      const receivedAt = clock.now();
      await index.store(makeInstance({ instance, series, receivedAt }), "Never", true);
      stability.touched();
    },
    /** The Stable* changes so far. */
    async stable() {
      const types = ["StableSeries", "StableStudy", "StablePatient"];
      const page = await index.changes({ since: 0, to: undefined, limit: 100, types });
      return page.changes.map(({ type }) => type);
    },
    async [Symbol.asyncDispose]() {
      await stability[Symbol.asyncDispose]();
      await index[Symbol.asyncDispose]();
    },
  };
}

const EACH = ["StableSeries", "StableStudy", "StablePatient"];

Deno.test("a resource is stable after silence, not before: series, study, patient", async () => {
  await using watch = makeWatch();
  await watch.store("1");
  await watch.clock.advance(AGE - 1);
  assert.deepEqual(await watch.stable(), []);
  await watch.clock.advance(1);
  assert.deepEqual(await watch.stable(), EACH);
  assert.ok(watch.changed() > 0);
  assert.equal(watch.clock.pending, 0);
});

Deno.test("each instance begins the silence anew, for its own parents", async () => {
  await using watch = makeWatch();
  await watch.store("1", "1.1");
  await watch.clock.advance(AGE / 2);
  await watch.store("2", "1.2");
  await watch.clock.advance(AGE / 2);
  assert.deepEqual(await watch.stable(), ["StableSeries"]);
  await watch.clock.advance(AGE / 2);
  assert.deepEqual(await watch.stable(), ["StableSeries", ...EACH]);
});

Deno.test("a resource may become stable again", async () => {
  await using watch = makeWatch();
  for (const instance of ["1", "2"]) {
    await watch.store(instance);
    await watch.clock.advance(10 * AGE);
  }
  assert.deepEqual(await watch.stable(), [...EACH, ...EACH]);
});

Deno.test("start() goes on where the last process ended", async () => {
  const folder = await Deno.makeTempDir();
  const open = () => openLocalIndex(`${folder}/index`);
  const clock = createTestClock();
  {
    await using watch = makeWatch(open(), clock);
    await watch.store("1");
  }
  assert.equal(clock.pending, 0);
  {
    await using watch = makeWatch(open(), clock);
    await watch.stability.start();
    await clock.advance(AGE);
    assert.deepEqual(await watch.stable(), EACH);
    await watch.store("2");
  }
  await clock.advance(100 * AGE);
  {
    await using watch = makeWatch(open(), clock);
    await watch.stability.start();
    await clock.advance(0);
    assert.deepEqual(await watch.stable(), [...EACH, ...EACH]);
  }
  await Deno.remove(folder, { recursive: true });
});

Deno.test("what comes while others are marked does not delay what is due before", async () => {
  const index = openLocalIndex();
  let meanwhile = async () => {};
  const slow: typeof index = {
    ...index,
    async markStable(before, now) {
      const count = await index.markStable(before, now);
      if (count === 0) await meanwhile();
      return count;
    },
  };
  await using watch = makeWatch(slow);
  await watch.store("1", "1.1");
  await watch.clock.advance(1000);
  await watch.store("2", "1.2");
  meanwhile = () => {
    watch.stability.touched(); // of an instance that came just now
    return Promise.resolve();
  };
  await watch.clock.advance(AGE);
  assert.deepEqual(await watch.stable(), ["StableSeries", ...EACH]);
});

Deno.test("a failing index is asked again later", async () => {
  const index = openLocalIndex();
  let failures = 2;
  const failing: typeof index = {
    ...index,
    markStable: (before, now) =>
      failures-- > 0 ? Promise.reject(new Error("busy")) : index.markStable(before, now),
  };
  await using watch = makeWatch(failing);
  await watch.store("1");
  await watch.clock.advance(AGE);
  assert.deepEqual(watch.lines, ["error: cannot mark resources as stable"]);
  assert.deepEqual(await watch.stable(), []);
  await watch.clock.advance(10_000);
  assert.deepEqual(await watch.stable(), EACH);
});

Deno.test("disposal leaves no timer, and nothing arms one again", async () => {
  const watch = makeWatch();
  await watch.store("1");
  assert.equal(watch.clock.pending, 1);
  await watch.stability[Symbol.asyncDispose]();
  watch.stability.touched();
  assert.equal(watch.clock.pending, 0);
  await watch.index[Symbol.asyncDispose]();
});

Deno.test("a clock that steps back does not hold stability up for long", async () => {
  await using watch = makeWatch();
  await watch.store("1");
  await watch.stability[Symbol.asyncDispose]();
  watch.clock.set(watch.clock.now() - 10 * 365 * 86_400_000);
  const later = makeWatch(watch.index, watch.clock); // as after a restart
  await using _ended = later.stability;
  await later.stability.start();
  await later.clock.advance(AGE - 1);
  assert.deepEqual(await watch.stable(), []);
  await later.clock.advance(1);
  assert.equal((await watch.stable()).length, 3);
});

Deno.test("a clock that steps ahead makes stable what waits, and loses nothing", async () => {
  await using watch = makeWatch();
  await watch.store("1");
  watch.clock.set(watch.clock.now() + 10 * 365 * 86_400_000);
  await watch.store("2", "1.1.2");
  await watch.clock.advance(AGE);
  assert.equal((await watch.stable()).filter((type) => type === "StableSeries").length, 2);
});
