import assert from "node:assert/strict";
import { statisticsJson, statisticsOfJson } from "./statistics.ts";

const MEGABYTE = 1048576;
const COUNT = { Patient: 1, Study: 2, Series: 3, Instance: 4 };

Deno.test("statisticsJson() gives sizes as text, and whole megabytes", () => {
  const size = 3 * MEGABYTE - 1;
  assert.deepEqual(statisticsJson({ count: COUNT, size }), {
    CountInstances: 4,
    CountPatients: 1,
    CountSeries: 3,
    CountStudies: 2,
    TotalDiskSize: String(size),
    TotalDiskSizeMB: 2,
    TotalUncompressedSize: String(size),
    TotalUncompressedSizeMB: 2,
  });
});

Deno.test("statisticsJson() keeps sizes beyond 4 GB exact", () => {
  const size = 5_000_000_000_123;
  assert.equal(statisticsJson({ count: COUNT, size }).TotalDiskSize, "5000000000123");
});

Deno.test("statisticsOfJson() counts the levels below", () => {
  const counts = (level: Parameters<typeof statisticsOfJson>[0]) =>
    Object.keys(statisticsOfJson(level, { count: COUNT, size: MEGABYTE, dicomSize: MEGABYTE }))
      .filter((key) => key.startsWith("Count"));
  assert.deepEqual(counts("Patient"), ["CountStudies", "CountSeries", "CountInstances"]);
  assert.deepEqual(counts("Study"), ["CountSeries", "CountInstances"]);
  assert.deepEqual(counts("Series"), ["CountInstances"]);
  assert.deepEqual(counts("Instance"), []);
});
