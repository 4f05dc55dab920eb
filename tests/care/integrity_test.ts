import assert from "node:assert/strict";
import {
  checkIntegrity,
  type Finding,
  type IntegrityOptions,
  isOpen,
} from "../../core/archive/integrity.ts";
import { startApp, type TestApp } from "../support/app.ts";
import { FILES, IDS, startFilled } from "../support/filled.ts";
import { openIdleArchive } from "../support/idle_archive.ts";
import { instanceFile } from "../support/instances.ts";

const CONFIG = { UserContentType: { mine: 1030 } };
const OPTIONS: IntegrityOptions = { quick: false, repair: false, dropMissing: false };

/** Checks the archive of a server that stands still. */
async function check({ folder }: TestApp, options: Partial<IntegrityOptions> = {}) {
  await using archive = await openIdleArchive(folder);
  const findings: Finding[] = [];
  const checked = await checkIntegrity(
    archive.ports,
    { ...OPTIONS, ...options },
    (finding) => findings.push(finding),
  );
  return { checked, findings, open: findings.filter(isOpen).length };
}

async function pathOf(server: TestApp, id: string, name = "dicom"): Promise<string> {
  const { Uuid } = await server.get<{ Uuid: string }>(`/instances/${id}/attachments/${name}/info`);
  return `${server.folder}/${Uuid.slice(0, 2)}/${Uuid.slice(2, 4)}/${Uuid}`;
}

Deno.test("an archive that is whole has no faults, whatever the form of its files", async () => {
  await using server = await startFilled(CONFIG);
  await server.send("PUT", `/instances/${IDS.mr1}/attachments/mine`, "hello");
  for (const name of ["mine", "dicom"]) {
    await server.send("POST", `/instances/${IDS.mr1}/attachments/${name}/compress`);
  }
  const { findings, checked } = await check(server);
  assert.deepEqual(findings, []);
  const count = FILES.length + 1;
  assert.deepEqual(checked, { rows: count, files: count });
});

Deno.test("a file that is missing, cut or changed is found, with its owner", async () => {
  await using server = await startFilled(CONFIG);
  await server.send("PUT", `/instances/${IDS.ct1}/attachments/mine`, "hello");
  await Deno.remove(await pathOf(server, IDS.mr1));
  const cut = await pathOf(server, IDS.mr2);
  await Deno.truncate(cut, 200);
  const changed = await pathOf(server, IDS.ct1, "mine");
  await Deno.writeTextFile(changed, "hellO");
  const seen = (findings: readonly Finding[]) =>
    findings.map((finding) =>
      "row" in finding ? [finding.kind, finding.row.owner.id] : [finding.kind]
    ).sort();
  const { findings, open } = await check(server, { repair: true });
  assert.deepEqual(
    seen(findings),
    [["damaged", IDS.ct1], ["damaged", IDS.mr2], ["missing", IDS.mr1]]
      .sort(),
  );
  assert.equal(open, 3, "nothing is dropped without being told to");
  const quick = await check(server, { quick: true });
  assert.deepEqual(seen(quick.findings), [["damaged", IDS.mr2], ["missing", IDS.mr1]].sort());
});

Deno.test("rows without a file are dropped when that is asked for, with parents left empty", async () => {
  await using server = await startFilled(CONFIG);
  await server.send("PUT", `/studies/${IDS.knee}/attachments/mine`, "hello");
  const { Uuid } = await server.get<{ Uuid: string }>(`/studies/${IDS.knee}/attachments/mine/info`);
  await Deno.remove(`${server.folder}/${Uuid.slice(0, 2)}/${Uuid.slice(2, 4)}/${Uuid}`);
  await Deno.remove(await pathOf(server, IDS.ct1));
  const { findings, open } = await check(server, { dropMissing: true });
  assert.deepEqual([findings.length, open], [2, 0]);
  assert.deepEqual((await check(server)).findings, []);
  await using after = await startApp({ folder: server.folder });
  assert.equal((await after.send("GET", `/series/${IDS.ct}`)).status, 404);
  assert.deepEqual(await after.get(`/studies/${IDS.knee}/attachments`), []);
});

/** Files that nobody knows, by name, with what a repair makes of them. */
const STRANGE: Readonly<Record<string, readonly [Uint8Array | string, string, boolean]>> = {
  "0badcafe-0000-4000-8000-000000000001": [
    instanceFile({ SOPInstanceUID: "1.1.1.9" }),
    "orphan indexed",
    false,
  ],
  "0badcafe-0000-4000-8000-000000000002": [FILES[0]!, "orphan superfluous", true],
  "0badcafe-0000-4000-8000-000000000003": ["no DICOM", "orphan unreadable", true],
  "0badcafe-0000-4000-8000-000000000004.part": ["half", "leftover", false],
  "0badcafe-0000-4000-8000-000000000005.z.0badcafe-0000-4000-8000-000000000006.tmp": [
    "half",
    "leftover",
    false,
  ],
};

Deno.test("files without a row are found; a repair indexes what is an instance", async () => {
  await using server = await startFilled();
  const folder = `${server.folder}/0b/ad`;
  await Deno.mkdir(folder, { recursive: true });
  for (const [name, [content]] of Object.entries(STRANGE)) {
    const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
    await Deno.writeFile(`${folder}/${name}`, bytes);
  }
  await Deno.writeTextFile(`${folder}/notes.txt`, "of somebody else");
  const found = await check(server);
  assert.deepEqual([found.findings.length, found.open], [5, 5]);
  const repaired = await check(server, { repair: true });
  const seen = repaired.findings.map((finding) => {
    assert.ok(finding.kind === "orphan" || finding.kind === "leftover");
    const name = finding.file.path.replace("0b/ad/", "");
    const became = finding.kind === "orphan" ? ` ${finding.became}` : "";
    return [name, [finding.kind + became, isOpen(finding)]];
  });
  const expected = Object.entries(STRANGE).map(([name, [, what, open]]) => [name, [what, open]]);
  assert.deepEqual(Object.fromEntries(seen), Object.fromEntries(expected));
  assert.equal((await check(server)).findings.length, 2, "what is nobody's stays where it is");
  await using after = await startApp({ folder: server.folder });
  const ids = await after.get<string[]>("/instances");
  assert.equal(ids.length, FILES.length + 1);
});
