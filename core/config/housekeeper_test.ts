import assert from "node:assert/strict";
import { isOpen } from "../relay/windows.ts";
import { housekeeper } from "./housekeeper.ts";

Deno.test("Housekeeper has the defaults of Orthanc's plugin", () => {
  assert.deepEqual(housekeeper.parse({}), {
    enable: false,
    force: false,
    throttleSeconds: 5,
    schedule: undefined,
    triggers: { compression: true, mainTags: true, transcoding: true },
    onlyLevel: undefined,
    scrubDays: 30,
  });
});

Deno.test("Housekeeper.Schedule is read as hours of days, in local time", () => {
  const Schedule = { Monday: ["0-6", "20-24"], Sunday: ["0-24"] };
  const { schedule } = housekeeper.parse({ Schedule });
  const openAt = (day: number, hour: number, minute = 0) =>
    isOpen(schedule!, new Date(2026, 0, day, hour, minute).getTime());
  assert.deepEqual([openAt(5, 0), openAt(5, 5, 59), openAt(5, 6)], [true, true, false], "a Monday");
  assert.deepEqual([openAt(5, 19, 59), openAt(5, 20), openAt(5, 23, 59)], [false, true, true]);
  assert.deepEqual([openAt(6, 0), openAt(4, 12)], [false, true], "Tuesday, Sunday");
  assert.deepEqual(housekeeper.parse({ Schedule: {} }).schedule, []);
});

for (
  const [what, written] of Object.entries({
    "hours that end before they begin": { Schedule: { Monday: ["6-0"] } },
    "an hour that no day has": { Schedule: { Monday: ["20-25"] } },
    "a day that no week has": { Schedule: { Someday: ["0-6"] } },
    "an unknown option": { Sheduled: {} },
    "an unknown trigger": { Triggers: { Rain: true } },
    "days that are none": { ScrubDays: -1 },
  })
) {
  Deno.test(`Housekeeper refuses ${what}`, () => {
    assert.equal(housekeeper.safeParse(written).success, false);
  });
}
