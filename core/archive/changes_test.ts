import assert from "node:assert/strict";
import { makeInstance, openLocalIndex } from "../../tests/support/index.ts";
import { createChangeFeed } from "./changes.ts";

/** A feed over an index, and a function that logs the changes of one more instance. */
function makeFeed() {
  const index = openLocalIndex();
  const feed = createChangeFeed(index);
  let count = 0;
  return {
    index,
    feed,
    async store() {
      await index.store(makeInstance({ instance: `${++count}` }), "Never", true);
      feed.notify();
    },
    [Symbol.asyncDispose]: () => index[Symbol.asyncDispose](),
  };
}

type Feed = ReturnType<typeof makeFeed>["feed"];

/** The first `count` numbers that a follower sees. */
async function numbers(feed: Feed, since: number, count: number): Promise<number[]> {
  const seen: number[] = [];
  const abort = new AbortController();
  for await (const changes of feed.follow(since, abort.signal)) {
    seen.push(...changes.map(({ seq }) => seq));
    if (seen.length >= count) abort.abort();
  }
  return seen;
}

const range = (first: number, last: number) =>
  Array.from({ length: last - first + 1 }, (_, at) => first + at);

Deno.test("follow() gives what is there, then what comes", async () => {
  await using log = makeFeed();
  await log.store();
  const follower = numbers(log.feed, 2, 4);
  await log.store();
  await log.store();
  assert.deepEqual(await follower, [3, 4, 5, 6]);
});

Deno.test("follow() gives each change once to each of a hundred followers", async () => {
  await using log = makeFeed();
  const followers = Array.from({ length: 100 }, () => numbers(log.feed, 0, 303));
  for (let count = 0; count < 300; count++) await log.store();
  for (const seen of await Promise.all(followers)) assert.deepEqual(seen, range(1, 303));
});

Deno.test("follow() misses nothing that is logged while it reads", async () => {
  await using log = makeFeed();
  let reads = 0;
  const feed = createChangeFeed({
    async changes(query) {
      const page = await log.index.changes(query);
      if (++reads === 1) {
        await log.store(); // after the page was read, before the follower waits
        feed.notify();
      }
      return page;
    },
  });
  assert.deepEqual(await numbers(feed, 0, 4), [1, 2, 3, 4]);
});

Deno.test("follow() ends when it is aborted: before, while it waits, and while it reads", async () => {
  await using log = makeFeed();
  assert.deepEqual(await Array.fromAsync(log.feed.follow(0, AbortSignal.abort())), []);

  const waiting = new AbortController();
  const ended = Array.fromAsync(log.feed.follow(0, waiting.signal));
  await new Promise((resolve) => setTimeout(resolve));
  waiting.abort();
  assert.deepEqual(await ended, []);

  const reading = new AbortController();
  const aborting = createChangeFeed({
    changes(query) {
      reading.abort();
      return log.index.changes(query);
    },
  });
  assert.deepEqual(await Array.fromAsync(aborting.follow(0, reading.signal)), []);
});

Deno.test("follow() tells the failure of the index", async () => {
  const feed = createChangeFeed({ changes: () => Promise.reject(new Error("gone")) });
  await assert.rejects(feed.follow(0, new AbortController().signal).next(), /gone/);
});
