import assert from "node:assert/strict";
import { readTextOf } from "./text.ts";

async function* pieces(...bytes: readonly number[][]) {
  for (const piece of bytes) yield await Promise.resolve(Uint8Array.from(piece));
}

Deno.test("readTextOf() joins characters that are split between pieces", async () => {
  assert.equal(await readTextOf(pieces([0x61, 0xc3], [0xbc]), 3), "aü");
});

Deno.test("readTextOf() stops at the maximum", async () => {
  await assert.rejects(readTextOf(pieces([0x61, 0x62], [0x63]), 2), { code: "too-large" });
});
