import assert from "node:assert/strict";
import { createTestClock } from "../../tests/support/clock.ts";
import type { FoundFile } from "../ports/inventory.ts";
import { createTidy, type Tidy } from "./tidy.ts";

const DAY = 86_400_000;
const OLD = Date.UTC(2025, 0, 1);

const found = (path: string, complete: boolean): FoundFile => ({
  path,
  uuid: path.slice(0, 4),
  complete,
});

function makeFolder(files: readonly FoundFile[], known: readonly string[]) {
  const clock = createTestClock();
  const writtenAt = new Map<string, number>();
  const removed: string[] = [];
  const marks = new Set<string>();
  const lines: string[] = [];
  const tidy = createTidy({
    clock,
    log: (level, message) => void lines.push(`${level}: ${message}`),
    index: {
      obsoleteFiles: () => Promise.resolve([...marks]),
      forgetFiles: (uuids) => Promise.resolve(uuids.forEach((uuid) => marks.delete(uuid))),
      knownFiles: () => Promise.resolve([...known]),
    },
    files: { remove: (uuids) => Promise.resolve(void removed.push(...uuids)) },
    inventory: {
      async *folders() {
        yield { prefix: "aa", files };
      },
      writtenAt: ({ path }) => Promise.resolve(writtenAt.get(path) ?? OLD),
      removeLeftover: ({ path }) => Promise.resolve(void removed.push(path)),
    },
  });
  return { clock, writtenAt, removed, marks, lines, tidy };
}

/** One whole round. @returns when the next one is due */
async function round(tidy: Tidy, now: () => number): Promise<number> {
  for (;;) {
    const next = await tidy.step();
    if (next > now()) return next;
  }
}

Deno.test("tidy: leftovers go and whole files stay, both only after a day", async () => {
  const files = [
    found("aa01", true),
    found("aa01.x.tmp", false),
    found("aa02.part", false),
    found("aa03", true),
    found("aa04.part", false),
  ];
  const { clock, writtenAt, removed, lines, tidy } = makeFolder(files, ["aa01", "aa04"]);
  writtenAt.set("aa02.part", clock.now() - DAY + 1);
  assert.equal(tidy.result, undefined);
  assert.equal(await round(tidy, clock.now), clock.now() + DAY);
  assert.deepEqual(removed, ["aa01.x.tmp"], "aa04 is known, and only not yet named");
  assert.deepEqual(tidy.result, { completedAt: clock.now(), removed: 1, orphans: 1 });
  assert.match(lines.join(), /^warning: there are files that the index does not know/);
  await clock.advance(DAY);
  await round(tidy, clock.now);
  assert.ok(removed.includes("aa02.part"));
  assert.equal(removed.includes("aa03"), false);
});

Deno.test("tidy: what was to be removed goes, unless its mark is new", async () => {
  const { clock, removed, marks, tidy } = makeFolder([], []);
  marks.add("aa09");
  await round(tidy, clock.now);
  assert.deepEqual(removed, []);
  marks.add("aa10");
  await round(tidy, clock.now);
  assert.deepEqual([removed, [...marks]], [["aa09"], ["aa10"]]);
});
