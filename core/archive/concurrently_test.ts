import assert from "node:assert/strict";
import { concurrently } from "./concurrently.ts";

async function* numbers(count: number) {
  for (let number = 0; number < count; number++) yield await Promise.resolve(number);
}

Deno.test("concurrently() does everything once, with no more at a time than the limit", async () => {
  const done: number[] = [];
  let running = 0;
  let most = 0;
  const full = Promise.withResolvers<void>();
  await concurrently(numbers(20), 3, async (number) => {
    most = Math.max(most, ++running);
    if (running === 3) full.resolve();
    await full.promise;
    for (let turn = 0; turn < 20; turn++) await Promise.resolve(); // a fourth could begin
    running--;
    done.push(number);
  });
  assert.deepEqual(done.toSorted((a, b) => a - b), Array.from({ length: 20 }, (_, i) => i));
  assert.equal(most, 3);
});

Deno.test("concurrently() asks for nothing more after a failure, and waits for what runs", async () => {
  let asked = 0;
  let ended = 0;
  async function* items() {
    for (;;) yield await Promise.resolve(asked++);
  }
  const work = async (item: number) => {
    if (item === 5) throw new Error("five");
    await Promise.resolve();
    ended++;
  };
  await assert.rejects(concurrently(items(), 3, work), /five/);
  assert.ok(asked < 12, `${asked} items`);
  assert.ok(ended >= 5);
});

Deno.test("concurrently() throws what the items throw", async () => {
  async function* items() {
    yield await Promise.resolve(1);
    throw new Error("no more");
  }
  await assert.rejects(concurrently(items(), 2, () => Promise.resolve()), /no more/);
});
