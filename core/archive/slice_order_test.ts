import assert from "node:assert/strict";
import type { Resource } from "./resource.ts";
import { orderSlices } from "./slice_order.ts";

const AXIAL = "1\\0\\0\\0\\1\\0";
const CORONAL = "1\\0\\0\\0\\0\\-1";

/** What decides the order of a slice. */
interface Slice {
  readonly id: string;
  readonly index?: number;
  readonly position?: string;
  readonly orientation?: string;
}

const instance = ({ id, index, position, orientation = AXIAL }: Slice): Resource => ({
  id,
  level: "Instance",
  parent: "series",
  tags: position === undefined ? {} : { "00200032": position, "00200037": orientation },
  metadata: {},
  updatedAt: 0,
  stable: false,
  protected: false,
  indexInSeries: index ?? null,
});

const at = (id: string, index: number, position: string, orientation = AXIAL): Slice => ({
  id,
  index,
  position,
  orientation,
});

/** Slices, and their order. */
const CASES: readonly (readonly [name: string, slices: readonly Slice[], order: string])[] = [
  ["by position", [at("a", 1, "0\\0\\5"), at("b", 2, "0\\0\\-5"), at("c", 3, "9\\9\\0")], "bca"],
  [
    "along the normal",
    [at("a", 1, "0\\5\\0", CORONAL), at("b", 2, "0\\-5\\9", CORONAL)],
    "ba",
  ],
  ["by index if two are at one place", [at("a", 2, "0\\0\\5"), at("b", 1, "1\\1\\5")], "ba"],
  [
    "by index if one is not parallel",
    [at("a", 2, "0\\0\\1"), at("b", 1, "0\\0\\9", CORONAL)],
    "ba",
  ],
  [
    "by index without positions",
    [{ id: "a", index: 3 }, { id: "b", index: 1 }, { id: "c" }],
    "bac",
  ],
  ["by index if a position is no number", [at("a", 2, "0\\0\\x"), at("b", 1, "0\\0\\1")], "ba"],
  ["as they come if nothing tells", [{ id: "b" }, { id: "a" }], "ba"],
  ["none", [], ""],
];

for (const [name, slices, order] of CASES) {
  Deno.test(`orderSlices(): ${name}`, () => {
    assert.equal(orderSlices(slices.map(instance)).map(({ id }) => id).join(""), order);
  });
}
