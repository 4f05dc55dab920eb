import assert from "node:assert/strict";
import { type Vr, vrInfo, vrOf, VRS } from "./vr.ts";

const names = Object.keys(VRS) as Vr[];

Deno.test("VRS are those of PS3.5 Table 6.2-1", () => {
  const table =
    "AE AS AT CS DA DS DT FD FL IS LO LT OB OD OF OL OV OW PN SH SL SQ SS ST SV TM UC " +
    "UI UL UN UR US UT UV";
  assert.deepEqual(names.toSorted(), table.split(" "));
});

Deno.test("VRS with a long header are those of PS3.5 Table 7.1-1", () => {
  const long = names.filter((vr) => vrInfo(vr).longLength).toSorted();
  assert.deepEqual(long, "OB OD OF OL OV OW SQ SV UC UN UR UT UV".split(" "));
});

Deno.test("VRS padded with spaces are the texts but UI (PS3.5 Section 6.2)", () => {
  const spaces = names.filter((vr) => vrInfo(vr).padding === 0x20).toSorted();
  assert.deepEqual(spaces, "AE AS CS DA DS DT IS LO LT PN SH ST TM UC UR UT".split(" "));
});

Deno.test("vrOf() knows its letters, and nothing else", () => {
  for (const vr of names) assert.equal(vrOf(vr.charCodeAt(0), vr.charCodeAt(1)), vr);
  for (const other of ["ZZ", "ae", "??", "\0\0"]) {
    assert.equal(vrOf(other.charCodeAt(0), other.charCodeAt(1)), undefined);
  }
});
