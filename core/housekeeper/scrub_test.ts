import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { createTestClock } from "../../tests/support/clock.ts";
import { memorySource } from "../bytes/source.ts";
import { DicomError } from "../errors.ts";
import type { FileRow } from "../ports/inventory.ts";
import { createScrub } from "./scrub.ts";

const DAY = 86_400_000;

/** An archive in memory, whose files can be spoilt. */
function makeArchive(uuids: readonly string[]) {
  const clock = createTestClock();
  const contents = new Map<string, string>(uuids.map((uuid) => [uuid, uuid]));
  const rows: FileRow[] = uuids.map((uuid) => ({
    uuid,
    size: uuid.length,
    sha256: createHash("sha256").update(uuid).digest("hex"),
    owner: { level: "Instance", id: `i-${uuid.slice(0, 2)}` },
  }));
  const kept = new Map<string, string>();
  const opened: string[] = [];
  const lines: string[] = [];
  const ports = {
    clock,
    index: {
      fileRows: ({ after, limit }: { after: string; limit: number }) =>
        Promise.resolve(rows.filter(({ uuid }) => uuid > after).slice(0, limit)),
    },
    files: {
      open(uuid: string) {
        opened.push(uuid);
        const text = contents.get(uuid);
        if (text === undefined) {
          return Promise.reject(new DicomError("missing-file", "Cannot open"));
        }
        const source = memorySource(new TextEncoder().encode(text));
        return Promise.resolve({ ...source, [Symbol.asyncDispose]: () => Promise.resolve() });
      },
    },
    properties: {
      property: (name: string) => Promise.resolve(kept.get(name)),
      setProperty: (name: string, value: string) => Promise.resolve(void kept.set(name, value)),
    },
    log: (level: string, message: string) => void lines.push(`${level}: ${message}`),
  };
  return { clock, contents, rows, opened, lines, ports };
}

const UUIDS = ["0", "4", "8", "c"].map((digit) => `${digit}0000000-1111-4111-8111-111111111111`);

/** Does what is due now. @returns when the next piece is due */
async function work(scrub: { step(): Promise<number> }, now: () => number): Promise<number> {
  for (;;) {
    const next = await scrub.step();
    if (next > now()) return next;
  }
}

Deno.test("scrub: the files are read evenly over the days, round after round", async () => {
  const { clock, opened, ports } = makeArchive(UUIDS);
  const scrub = await createScrub(ports, 8);
  const readAfter = async (days: number) => {
    await clock.advance(days * DAY);
    await work(scrub, clock.now);
    return opened.length;
  };
  assert.equal(await readAfter(0), 1);
  assert.equal(await readAfter(1.9), 1);
  assert.equal(await readAfter(0.2), 2);
  assert.equal(await readAfter(5), 4);
  assert.equal(scrub.progress.completedAt, null);
  assert.equal(await readAfter(1), 5, "the next round has begun");
  assert.equal(scrub.progress.checked, 1);
  assert.equal(scrub.progress.completedAt, clock.now());
  assert.deepEqual(opened.slice(0, 4), UUIDS);
});

Deno.test("scrub: what is damaged or missing is told until it is whole again", async () => {
  const { clock, contents, lines, ports } = makeArchive(UUIDS);
  contents.set(UUIDS[1]!, "x".repeat(UUIDS[1]!.length));
  contents.delete(UUIDS[2]!);
  const scrub = await createScrub(ports, 1);
  const round = async () => {
    await clock.advance(DAY - 1);
    await work(scrub, clock.now);
    const { damaged } = scrub.progress;
    await clock.advance(1);
    return damaged;
  };
  assert.deepEqual(await round(), [
    { uuid: UUIDS[1], kind: "damaged", level: "Instance", id: "i-40" },
    { uuid: UUIDS[2], kind: "missing", level: "Instance", id: "i-80" },
  ]);
  assert.deepEqual(lines, ["error: a file is damaged", "error: a file is missing"]);
  contents.set(UUIDS[1]!, UUIDS[1]!);
  await work(scrub, clock.now);
  assert.deepEqual((await round()).map(({ uuid }) => uuid), [UUIDS[2]]);
});

Deno.test("scrub: a file that is removed while it is read is not missing", async () => {
  const { contents, rows, ports, lines } = makeArchive(UUIDS.slice(0, 1));
  contents.clear();
  const { open } = ports.files;
  ports.files.open = (uuid) => {
    rows.length = 0;
    return open(uuid);
  };
  const scrub = await createScrub(ports, 1);
  await scrub.step();
  assert.deepEqual([scrub.progress.damaged, lines], [[], []]);
});

Deno.test("scrub: the next process goes on where the last one was, and remembers what it found", async () => {
  const { clock, contents, opened, ports } = makeArchive(UUIDS);
  contents.set(UUIDS[0]!, "short");
  const first = await createScrub(ports, 8);
  await work(first, clock.now);
  await clock.advance(3 * DAY);
  await work(first, clock.now);
  assert.deepEqual(opened, UUIDS.slice(0, 2));
  const second = await createScrub(ports, 8);
  assert.deepEqual(second.progress.damaged, first.progress.damaged);
  await clock.advance(4 * DAY);
  await work(second, clock.now);
  assert.deepEqual(opened, UUIDS);
});

Deno.test("scrub: a clock that is set back holds nothing up", async () => {
  const { clock, opened, ports } = makeArchive(UUIDS);
  const scrub = await createScrub(ports, 8);
  await work(scrub, clock.now);
  clock.set(clock.now() - 365 * DAY);
  await work(scrub, clock.now);
  await clock.advance(8 * DAY - 1);
  await work(scrub, clock.now);
  assert.deepEqual(opened, UUIDS);
});
