import assert from "node:assert/strict";
import { generateUid, isUid } from "./uid.ts";

Deno.test("generateUid() gives distinct UIDs below 2.25", () => {
  const uids = Array.from({ length: 100 }, generateUid);
  assert.equal(new Set(uids).size, 100);
  for (const uid of uids) {
    assert.ok(isUid(uid), uid);
    assert.ok(BigInt(uid.replace(/^2\.25\./, "")) < 1n << 128n);
  }
});

Deno.test("isUid() follows PS3.5 Section 9.1", () => {
  for (const uid of ["1.2.840.10008.1.2", "0.0", `1.${"2".repeat(62)}`]) assert.ok(isUid(uid), uid);
  const wrong = ["", "1", "1.", ".1", "1..2", "1.02", "01.2", "1.a", "1.2 ", `1.${"2".repeat(63)}`];
  for (const uid of wrong) assert.ok(!isUid(uid), uid);
});
