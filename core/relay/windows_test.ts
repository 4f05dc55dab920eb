import assert from "node:assert/strict";
import { isOpen, nextLook, nextStart, parseWindow, type TimeWindow } from "./windows.ts";

const at = (text: string) => Date.parse(text);

/** When the window opens and closes between two times, by what an engine does: look, and look again when told to. */
function changes(window: TimeWindow, from: number, to: number): [string, boolean][] {
  const seen: [string, boolean][] = [];
  let open = isOpen([window], from);
  for (let look = from; look < to;) {
    look = nextLook([window], look);
    if (isOpen([window], look) === open) continue;
    open = !open;
    seen.push([new Date(look).toISOString(), open]);
  }
  return seen;
}

Deno.test("parseWindow() reads days, hours and zone, and nothing else", () => {
  const window = parseWindow("Fri-Mon,Wed 19:00-06:00 Europe/Brussels")!;
  assert.deepEqual([...window.days].sort(), [0, 2, 4, 5, 6]);
  assert.deepEqual([window.from, window.to, window.zone], [1140, 360, "Europe/Brussels"]);
  assert.equal(parseWindow("00:00-24:00", "UTC")?.days.size, 7);
  for (
    const wrong of [
      "",
      "Mon",
      "Mon-Fry 19:00-06:00",
      "25:00-26:00",
      "19:00-06:61",
      "01:00-02:00 Mars/Base",
    ]
  ) {
    assert.equal(parseWindow(wrong), undefined, wrong);
  }
});

Deno.test("a window over midnight belongs to the day on which it opens", () => {
  const windows = [parseWindow("Fri 19:00-06:00 UTC")!];
  const open = (text: string) => isOpen(windows, at(text));
  assert.equal(open("2026-01-02T18:59:59Z"), false); // a Friday
  assert.equal(open("2026-01-02T19:00:00Z"), true);
  assert.equal(open("2026-01-03T05:59:59Z"), true);
  assert.equal(open("2026-01-03T06:00:00Z"), false);
  assert.equal(open("2026-01-02T05:00:00Z"), false);
  assert.equal(isOpen([], at("2026-01-02T05:00:00Z")), true);
});

Deno.test("windows follow the clocks of their zone through both nights of the year when they change", () => {
  const window = parseWindow("01:30-04:00 Europe/Brussels")!;
  assert.deepEqual(changes(window, at("2026-03-28T12:00:00Z"), at("2026-03-29T12:00:00Z")), [
    ["2026-03-29T00:30:00.000Z", true],
    ["2026-03-29T02:00:00.000Z", false],
  ]);
  assert.deepEqual(changes(window, at("2026-10-24T12:00:00Z"), at("2026-10-25T12:00:00Z")), [
    ["2026-10-24T23:30:00.000Z", true],
    ["2026-10-25T03:00:00.000Z", false],
  ]);
  const lost = parseWindow("02:15-02:45 Europe/Brussels")!; // hours that the night in March does not have
  assert.deepEqual(changes(lost, at("2026-03-28T12:00:00Z"), at("2026-03-29T12:00:00Z")), []);
});

Deno.test("nextStart() is the next time that the clock shows the start", () => {
  const window = parseWindow("Mon-Fri 22:00-23:00 Europe/Brussels")!;
  assert.equal(nextStart(window, at("2026-01-02T21:00:00Z")), at("2026-01-05T21:00:00Z"));
  assert.equal(nextStart(window, at("2026-01-02T20:59:59Z")), at("2026-01-02T21:00:00Z"));
});
