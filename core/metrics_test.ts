import assert from "node:assert/strict";
import { createMetrics } from "./metrics.ts";

Deno.test("createMetrics() adds up by name and labels, sorted", () => {
  const metrics = createMetrics();
  metrics.count("b_total");
  metrics.count("b_total", 2);
  metrics.count("a_total", 5, { outcome: 'sto"red' });
  metrics.change("c", 1);
  metrics.change("c", -1);
  assert.deepEqual(metrics.samples(), [
    { name: 'a_total{outcome="sto\\"red"}', value: 5 },
    { name: "b_total", value: 3 },
    { name: "c", value: 0 },
  ]);
});

Deno.test("createMetrics() gives the longest duration of ten seconds", () => {
  let now = 0;
  const metrics = createMetrics(() => now);
  const longest = () => metrics.samples()[0]?.value;
  metrics.observe("ms", 20);
  metrics.observe("ms", 5);
  assert.equal(longest(), 20);
  now = 10_001;
  metrics.observe("ms", 7);
  assert.equal(longest(), 7);
});

Deno.test("createMetrics() counts nothing while switched off, and gauges stay right", () => {
  const metrics = createMetrics();
  metrics.enabled = false;
  metrics.count("a");
  metrics.observe("b", 1);
  metrics.change("active", 1);
  metrics.enabled = true;
  metrics.change("active", -1);
  assert.deepEqual(metrics.samples(), [{ name: "active", value: 0 }]);
});
