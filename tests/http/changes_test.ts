import assert from "node:assert/strict";
import { startApp, type TestApp } from "../support/app.ts";
import { createTestClock } from "../support/clock.ts";
import { IDS } from "../support/filled.ts";
import { instanceFile } from "../support/instances.ts";

interface Change {
  readonly ChangeType: string;
  readonly Date: string;
  readonly ID: string;
  readonly Path: string;
  readonly ResourceType: string;
  readonly Seq: number;
}

interface Page {
  readonly Changes: readonly Change[];
  readonly Done: boolean;
  readonly First?: number;
  readonly Last: number;
}

const NEW = [
  ["NewInstance", "Instance", `/instances/${IDS.mr1}`],
  ["NewSeries", "Series", `/series/${IDS.mr}`],
  ["NewStudy", "Study", `/studies/${IDS.knee}`],
  ["NewPatient", "Patient", `/patients/${IDS.p1}`],
] as const;

const STABLE = [
  ["StableSeries", "Series", `/series/${IDS.mr}`],
  ["StableStudy", "Study", `/studies/${IDS.knee}`],
  ["StablePatient", "Patient", `/patients/${IDS.p1}`],
] as const;

Deno.test("/changes after one upload: four entries, the instance first", async () => {
  await using server = await startApp();
  await server.upload(instanceFile());
  const changes = NEW.map(([ChangeType, ResourceType, Path], index) => ({
    ChangeType,
    Date: "20260101T000000",
    ID: Path.split("/")[2],
    Path,
    ResourceType,
    Seq: index + 1,
  }));
  assert.deepEqual(await server.get("/changes"), {
    Changes: changes,
    Done: true,
    First: 1,
    Last: 4,
  });
});

/** Arguments after three uploads (1 to 4 of the first, then 5 and 6), and the page they give. */
const PAGES:
  readonly (readonly [query: string, seqs: readonly number[], done: boolean, last: number])[] = [
    ["", [1, 2, 3, 4, 5, 6], true, 6],
    ["?limit=2", [1, 2], false, 2],
    ["?since=2&limit=2", [3, 4], false, 4],
    ["?since=4&limit=2", [5, 6], true, 6],
    ["?since=6", [], true, 6],
    ["?since=99", [], true, 6],
    ["?limit=0", [], false, 6],
    ["?since=x&limit=y", [1, 2, 3, 4, 5, 6], true, 6],
    ["?since=-1", [1, 2, 3, 4, 5, 6], true, 6],
    ["?limit=99999999999999999999", [1, 2, 3, 4, 5, 6], true, 6],
    ["?last", [6], true, 6],
    ["?last=false&limit=1", [1], false, 1],
    ["?type=NewInstance", [1, 5, 6], true, 6],
    ["?type=NewStudy;NewPatient", [3, 4], true, 4],
    ["?type=NewInstance&limit=2", [1, 5], false, 5],
    ["?type=Nope", [], true, 6],
    ["?to=4&limit=2", [3, 4], false, 4],
    ["?to=4&since=2", [3, 4], true, 4],
    ["?to=4", [1, 2, 3, 4], true, 4],
  ];

Deno.test("/changes is read in pages, by type, and backwards", async (t) => {
  await using server = await startApp();
  for (const SOPInstanceUID of ["1.1.1.1", "1.1.1.2", "1.1.1.3"]) {
    await server.upload(instanceFile({ SOPInstanceUID }));
  }
  for (const [query, seqs, Done, Last] of PAGES) {
    await t.step(`/changes${query}`, async () => {
      const { Changes, ...page } = await server.get<Page>(`/changes${query}`);
      assert.deepEqual(Changes.map(({ Seq }) => Seq), seqs);
      assert.deepEqual(page, { Done, Last, ...(seqs.length > 0 && { First: seqs[0] }) });
    });
  }
});

Deno.test("/changes gives 100 at a time unless told otherwise", async () => {
  await using server = await startApp();
  for (let number = 0; number < 110; number++) {
    await server.upload(instanceFile({ SOPInstanceUID: `1.${number}` }));
  }
  const { Changes, Done, Last } = await server.get<Page>("/changes");
  assert.deepEqual([Changes.length, Done, Last], [100, false, 100]);
});

Deno.test("a loop over /changes sees everything once, in order", async () => {
  await using server = await startApp();
  for (let number = 0; number < 9; number++) {
    await server.upload(instanceFile({ SOPInstanceUID: `1.${number}` }));
  }
  const seen: number[] = [];
  for (let since = 0, done = false; !done;) {
    const page: Page = await server.get<Page>(`/changes?since=${since}&limit=5`);
    seen.push(...page.Changes.map(({ Seq }) => Seq));
    ({ Last: since, Done: done } = page);
  }
  assert.deepEqual(seen, Array.from({ length: 12 }, (_, index) => index + 1));
});

Deno.test("DELETE /changes empties the log, and numbers go on", async () => {
  await using server = await startApp();
  await server.upload(instanceFile());
  const response = await server.send("DELETE", "/changes");
  assert.equal(await response.text(), "");
  assert.deepEqual(await server.get("/changes"), { Changes: [], Done: true, Last: 4 });
  assert.deepEqual(await server.get("/changes?last"), { Changes: [], Done: true, Last: 4 });
  await server.upload(instanceFile({ SOPInstanceUID: "1.1.1.2" }));
  const { First, Last } = await server.get<Page>("/changes");
  assert.deepEqual([First, Last], [5, 5]);
});

Deno.test("entries of what is deleted vanish", async () => {
  await using server = await startApp();
  await server.upload(instanceFile());
  await server.upload(instanceFile({ SOPInstanceUID: "1.1.1.2" }));
  await (await server.send("DELETE", `/instances/${IDS.mr1}`)).body?.cancel();
  const { Changes } = await server.get<Page>("/changes");
  assert.deepEqual(Changes.map(({ Seq }) => Seq), [2, 3, 4, 5]);
});

Deno.test("after StableAge of silence a series, its study and its patient are stable", async () => {
  await using server = await startApp({ config: { StableAge: 10 } });
  await server.upload(instanceFile());
  await server.clock.advance(9_999);
  assert.deepEqual(await typesSince(server, 4), []);
  await server.clock.advance(1);
  assert.deepEqual(await typesSince(server, 4), STABLE);
  const { IsStable } = await server.get<{ IsStable: boolean }>(`/studies/${IDS.knee}`);
  assert.equal(IsStable, true);
  const { Changes } = await server.get<Page>("/changes?last");
  assert.equal(Changes[0]!.Date, "20260101T000010");
});

Deno.test("an upload within StableAge puts off stability; one after it makes it come again", async () => {
  await using server = await startApp({ config: { StableAge: 10 } });
  await server.upload(instanceFile());
  await server.clock.advance(6_000);
  await server.upload(instanceFile({ SOPInstanceUID: "1.1.1.2" }));
  await server.clock.advance(9_000);
  assert.deepEqual(await typesSince(server, 5), []);
  await server.clock.advance(1_000);
  assert.deepEqual(await typesSince(server, 5), STABLE);

  await server.upload(instanceFile({ SOPInstanceUID: "1.1.1.3" }));
  const { IsStable } = await server.get<{ IsStable: boolean }>(`/series/${IDS.mr}`);
  assert.equal(IsStable, false);
  await server.clock.advance(10_000);
  assert.deepEqual(await typesSince(server, 9), STABLE);
});

Deno.test("what was not stable when the server stopped becomes so after the restart", async () => {
  const clock = createTestClock();
  await using first = await startApp({ clock });
  await first.upload(instanceFile());
  await first.app[Symbol.asyncDispose](); // its watch ends; the folder stays until the end of the test
  assert.equal(clock.pending, 0);
  await clock.advance(3_600_000);
  await using second = await startApp({ clock, folder: first.folder });
  await clock.advance(0);
  assert.deepEqual(await typesSince(second, 4), STABLE);
  assert.equal(await second.app.index.oldestUnstable(), undefined);
});

Deno.test("what is stable already is not logged again after a restart", async () => {
  const clock = createTestClock();
  await using first = await startApp({ clock });
  await first.upload(instanceFile());
  await clock.advance(60_000);
  await using second = await startApp({ clock, folder: first.folder });
  await clock.advance(3_600_000);
  assert.deepEqual(await typesSince(second, 7), []);
});

async function typesSince(server: TestApp, since: number) {
  const { Changes } = await server.get<Page>(`/changes?since=${since}`);
  return Changes.map(({ ChangeType, ResourceType, Path }) => [ChangeType, ResourceType, Path]);
}
