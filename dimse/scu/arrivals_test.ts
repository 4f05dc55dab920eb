import assert from "node:assert/strict";
import { createArrivals } from "./arrivals.ts";

Deno.test("arrived() tells the retrieval with this originator, while it lasts", () => {
  const arrivals = createArrivals();
  const first: string[] = [];
  const second: string[] = [];
  const one = arrivals.expect("US", (id) => first.push(id));
  const two = arrivals.expect("US", (id) => second.push(id));
  assert.notEqual(one.messageId, two.messageId);
  arrivals.arrived({ aet: "US", messageId: one.messageId }, "a");
  arrivals.arrived({ aet: "US", messageId: two.messageId }, "b");
  arrivals.arrived({ aet: "OTHER", messageId: one.messageId }, "c");
  one[Symbol.dispose]();
  arrivals.arrived({ aet: "US", messageId: one.messageId }, "d");
  assert.deepEqual([first, second], [["a"], ["b"]]);
});

Deno.test("expect() gives message IDs of 16 bits, again after the last", () => {
  const arrivals = createArrivals();
  const ids = Array.from({ length: 70_000 }, () => {
    using expected = arrivals.expect("US", () => {});
    return expected.messageId;
  });
  assert.equal(Math.max(...ids), 0xffff);
  assert.equal(Math.min(...ids), 1000);
});
