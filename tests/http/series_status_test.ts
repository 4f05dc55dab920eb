import assert from "node:assert/strict";
import { startApp } from "../support/app.ts";
import { IDS } from "../support/filled.ts";
import { instanceFile } from "../support/instances.ts";

/** Numbers of the images of a series that announces two, and what it is then. */
const STATUSES: readonly (readonly [numbers: readonly (string | null)[], status: string])[] = [
  [["1"], "Missing"],
  [["1", "2"], "Complete"],
  [["1", "1"], "Inconsistent"],
  [["1", "3"], "Inconsistent"],
  [["1", null], "Unknown"],
  [["1", "2", "3"], "Inconsistent"],
];

for (const [numbers, status] of STATUSES) {
  Deno.test(`a series of 2 with the images ${numbers} is ${status}`, async () => {
    await using server = await startApp();
    for (const [index, InstanceNumber] of numbers.entries()) {
      const counts = { NumberOfSlices: [2], NumberOfTimeSlices: [1] };
      await server.upload(
        instanceFile({ ...counts, InstanceNumber, SOPInstanceUID: `1.${index}` }),
      );
    }
    const { Status } = await server.get<{ Status: string }>(`/series/${IDS.mr}`);
    assert.equal(Status, status);
    const { Changes } = await server.get<{ Changes: { ChangeType: string }[] }>("/changes");
    const completed = Changes.filter(({ ChangeType }) => ChangeType === "CompletedSeries");
    assert.equal(completed.length > 0, numbers.slice(0, 2).join() === "1,2");
  });
}
