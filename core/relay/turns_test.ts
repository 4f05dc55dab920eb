import assert from "node:assert/strict";
import { createTurns } from "./turns.ts";

Deno.test("turns are shared 8 : 4 : 1, whatever the size of the portions", () => {
  const turns = createTurns();
  const given = [1, 2, 3, 7, 13].flatMap((count) => turns(count));
  assert.equal(given[0], "stat");
  const count = (priority: string) => given.filter((each) => each === priority).length;
  assert.deepEqual([count("stat"), count("normal"), count("bulk")], [16, 8, 2]);
});
