import assert from "node:assert/strict";
import { memorySource } from "./source.ts";

Deno.test("memorySource() gives what there is from an offset, and nothing at the end", async () => {
  const source = memorySource(Uint8Array.of(1, 2, 3));
  assert.equal(source.size, 3);
  assert.deepEqual(await source.read(1, 1), Uint8Array.of(2));
  assert.deepEqual(await source.read(1, 10), Uint8Array.of(2, 3));
  assert.deepEqual(await source.read(3, 10), new Uint8Array(0));
});
