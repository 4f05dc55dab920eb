import assert from "node:assert/strict";
import { countFiles, startApp } from "../support/app.ts";
import { IDS, startFilled } from "../support/filled.ts";
import { instanceFile } from "../support/instances.ts";

interface Shown {
  readonly ID: string;
  readonly Type: string;
  readonly Metadata?: unknown;
  readonly MainDicomTags: Record<string, unknown>;
}

/** Resources asked for, and the identifiers of those that are shown, in this order. */
const CONTENTS: readonly (readonly [body: { Resources: string[] }, ids: readonly string[]])[] = [
  [{ Resources: [] }, []],
  [{ Resources: [IDS.mr2, IDS.p1] }, [IDS.mr2, IDS.p1]],
  [{ Resources: [IDS.p2, "nope", IDS.p2] }, [IDS.p2]],
  [below("Series", IDS.knee), [IDS.mr, IDS.ct].sort()],
  [below("Instance", IDS.mr, IDS.mr1), [IDS.mr1, IDS.mr2].sort()],
  [below("Study", IDS.mr1, IDS.ct), [IDS.knee]],
  [below("Patient", IDS.greek1), [IDS.p2]],
];

for (const [body, ids] of CONTENTS) {
  Deno.test(`/tools/bulk-content of ${JSON.stringify(body)}`, async () => {
    await using server = await startFilled();
    const shown = await server.post<Shown[]>("/tools/bulk-content", body);
    assert.deepEqual(shown.map(({ ID }) => ID), ids);
    for (const { Metadata } of shown) assert.notEqual(Metadata, undefined);
  });
}

Deno.test("/tools/bulk-content shows tags in the dialect asked for", async () => {
  await using server = await startFilled();
  const body = { Resources: [IDS.p2], Metadata: false };
  const show = async (more: object) => {
    return (await server.post<Shown[]>("/tools/bulk-content", { ...body, ...more }))[0]!;
  };
  assert.deepEqual(await show({}), await server.get(`/patients/${IDS.p2}`));
  assert.deepEqual(await show({ Short: true }), await server.get(`/patients/${IDS.p2}?short`));
  assert.deepEqual(await show({ Full: true }), await server.get(`/patients/${IDS.p2}?full`));
});

Deno.test("/tools/bulk-delete removes what is there, by identifier or by level too", async () => {
  await using server = await startFilled();
  const Resources = [IDS.ct1, "nope", { Level: "Series", ID: IDS.laterSeries }, IDS.p2, IDS.greek];
  const response = await server.send("POST", "/tools/bulk-delete", { Resources });
  assert.equal(await response.text(), "");
  assert.equal(response.status, 200);
  assert.deepEqual(await server.get("/series"), [IDS.mr]);
  assert.deepEqual(await server.get("/patients"), [IDS.p1]);
});

/** Bodies of /tools/bulk-… that are refused, with Orthanc's code. */
const REFUSED: readonly (readonly [path: string, body: unknown, code: number])[] = [
  ["/tools/bulk-delete", {}, 8],
  ["/tools/bulk-delete", { Resources: "x" }, 8],
  ["/tools/bulk-delete", { Resources: [1] }, 8],
  ["/tools/bulk-delete", [], 8],
  ["/tools/bulk-content", {}, 8],
  ["/tools/bulk-content", { Resources: [], Level: "x" }, 3],
];

for (const [path, body, code] of REFUSED) {
  Deno.test(`${path} refuses ${JSON.stringify(body)}`, async () => {
    await using server = await startApp();
    const response = await server.send("POST", path, body);
    assert.equal((await response.json()).OrthancStatus, code);
    assert.equal(response.status, 400);
  });
}

/** Texts looked up, and what they identify. */
const LOOKUPS: readonly (readonly [text: string, paths: readonly string[]])[] = [
  ["P1", [`/patients/${IDS.p1}`]],
  ["p1", []],
  ["A1", [`/studies/${IDS.knee}`]],
  ["1.1", [`/studies/${IDS.knee}`]],
  ["1.1.1", [`/series/${IDS.mr}`]],
  ["1.1.1.1", [`/instances/${IDS.mr1}`]],
  ["*", []],
  ["", []],
  [IDS.p1, []],
  ["P1' OR '1'='1", []],
];

for (const [text, paths] of LOOKUPS) {
  Deno.test(`/tools/lookup of "${text}" finds ${paths.length}`, async () => {
    await using server = await startFilled();
    const found = await server.post<{ ID: string; Path: string; Type: string }[]>(
      "/tools/lookup",
      text,
    );
    assert.deepEqual(found.map(({ Path }) => Path), paths);
    for (const { ID, Path, Type } of found) {
      assert.partialDeepStrictEqual(await server.get(Path), { ID, Type });
    }
  });
}

/** What is deleted, in order, and the parent that is left each time. */
const DELETIONS: readonly (readonly [path: string, left: readonly [string, string] | null])[] = [
  [`/instances/${IDS.mr1}`, ["Series", IDS.mr]],
  [`/instances/${IDS.mr2}`, ["Study", IDS.knee]],
  [`/series/${IDS.ct}`, ["Patient", IDS.p1]],
  [`/studies/${IDS.later}`, null],
  [`/patients/${IDS.p2}`, null],
];

Deno.test("DELETE names the nearest parent that is left, and takes empty ones along", async () => {
  await using server = await startFilled();
  for (const [path, left] of DELETIONS) {
    const response = await server.send("DELETE", path);
    const { RemainingAncestor } = await response.json();
    assert.deepEqual(RemainingAncestor && [RemainingAncestor.Type, RemainingAncestor.ID], left);
    if (left) {
      const { Path, ID, Type } = RemainingAncestor;
      assert.partialDeepStrictEqual(await server.get(Path), { ID, Type });
    }
    const again = await server.send("DELETE", path);
    assert.equal(again.status, 404);
    assert.equal(await again.text(), "");
  }
  const { TotalDiskSize, ...counts } = await server.get<Record<string, unknown>>("/statistics");
  assert.equal(TotalDiskSize, "0");
  assert.equal(counts.CountPatients, 0);
  assert.deepEqual(await server.get("/changes"), { Changes: [], Done: true, Last: 15 });
  assert.equal(await countFiles(server.folder), 0);
});

Deno.test("DELETE and uploads of one instance at a time leave all or nothing of it", async () => {
  await using server = await startApp();
  const file = instanceFile();
  const work = Array.from(
    { length: 30 },
    (_, number) =>
      number % 2 === 0
        ? server.upload(file)
        : server.send("DELETE", `/instances/${IDS.mr1}`).then((response) =>
          response.body?.cancel()
        ),
  );
  await Promise.all(work);
  const left = await server.get<string[]>("/instances");
  assert.equal(await countFiles(server.folder), left.length);
  assert.equal((await server.get<string[]>("/patients")).length, left.length);
  await server.upload(file);
  const response = await server.send("GET", `/instances/${IDS.mr1}/file`);
  assert.deepEqual(await response.bytes(), file);
});

function below(Level: string, ...Resources: string[]) {
  return { Level, Resources };
}
