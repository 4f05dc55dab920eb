import assert from "node:assert/strict";
import { backUp } from "../../core/archive/backup.ts";
import { type ChainHead, verifyChain } from "../../core/security/audit_chain.ts";
import { auditLines } from "../../storage/audit_folder.ts";
import { openBackup } from "../../storage/backup.ts";
import { lockFolder } from "../../storage/lock.ts";
import { countFiles, startApp, type TestApp } from "../support/app.ts";
import { FILES, IDS, startFilled } from "../support/filled.ts";
import { instanceFile } from "../support/instances.ts";

const CONFIG = { UserContentType: { mine: 1030 } };

/** What belongs to the archive of a server. */
const archiveOf = ({ folder }: TestApp) => ({
  index: `${folder}/outpost.sqlite`,
  files: folder,
  audit: `${folder}/outpost.audit`,
});

async function backUpTo(server: TestApp, target: string, { copy = false, prune = false } = {}) {
  await using backup = await openBackup({ ...archiveOf(server), target, copy });
  return await backUp(backup, { prune });
}

/** A folder that is removed in the end. */
async function makeFolder(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await Deno.makeTempDir();
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }) };
}

const NONE = { linked: 0, copied: 0, "already there": 0, missing: 0, pruned: 0 };

for (const copy of [false, true]) {
  Deno.test(`a backup by ${copy ? "copies" : "links"} is a whole archive of its moment`, async () => {
    await using server = await startFilled(CONFIG);
    await server.send("PUT", `/instances/${IDS.mr1}/attachments/mine`, "hello");
    await server.send("POST", `/instances/${IDS.mr1}/attachments/dicom/compress`);
    await using target = await makeFolder();
    const count = FILES.length + 1;
    const way = copy ? { copied: count } : { linked: count };
    assert.deepEqual(await backUpTo(server, target.path, { copy }), { ...NONE, ...way });
    const tags = await server.get(`/instances/${IDS.mr1}/tags`);
    await server.send("DELETE", `/patients/${IDS.p1}`);
    await server.upload(instanceFile({ PatientID: "new", SOPInstanceUID: "9.9" }));
    await using restored = await startApp({ folder: target.path, config: CONFIG });
    assert.equal((await restored.get<string[]>("/instances")).length, FILES.length);
    assert.deepEqual(await restored.get(`/instances/${IDS.mr1}/tags`), tags);
    const mine = await restored.send("GET", `/instances/${IDS.mr1}/attachments/mine/data`);
    assert.equal(await mine.text(), "hello");
  });
}

Deno.test("the next backup takes what is new, and prunes what is gone", async () => {
  await using server = await startFilled();
  await using target = await makeFolder();
  await backUpTo(server, target.path);
  await server.send("DELETE", `/patients/${IDS.p2}`);
  await server.upload(instanceFile({ SOPInstanceUID: "9.9" }));
  const kept = { ...NONE, linked: 1, "already there": FILES.length - 1 };
  assert.deepEqual(await backUpTo(server, target.path), kept);
  assert.equal(await countFiles(target.path), FILES.length + 1);
  assert.deepEqual(await backUpTo(server, target.path, { prune: true }), {
    ...NONE,
    "already there": FILES.length,
    pruned: 1,
  });
  await using restored = await startApp({ folder: target.path });
  assert.equal((await restored.get<string[]>("/instances")).length, FILES.length);
});

Deno.test("what is removed while the backup is made is dropped from it", async () => {
  await using server = await startFilled();
  await using target = await makeFolder();
  {
    await using backup = await openBackup({
      ...archiveOf(server),
      ...{ target: target.path, copy: false },
    });
    await server.send("DELETE", `/series/${IDS.ct}`);
    const report = await backUp(backup, { prune: false });
    assert.deepEqual(report, { ...NONE, linked: FILES.length - 1, missing: 1 });
  }
  await using restored = await startApp({ folder: target.path });
  assert.equal((await restored.send("GET", `/series/${IDS.ct}`)).status, 404);
  assert.equal((await restored.get<string[]>("/instances")).length, FILES.length - 1);
});

Deno.test("a backup that was cut off leaves the one before good", async () => {
  await using server = await startFilled();
  await using target = await makeFolder();
  await backUpTo(server, target.path);
  await server.send("DELETE", `/series/${IDS.ct}`);
  {
    await using backup = await openBackup({
      ...archiveOf(server),
      ...{ target: target.path, copy: false },
    });
    for (const { uuid } of backup.fileRows({ after: "", limit: 10 })) await backup.take(uuid);
  }
  await using restored = await startApp({ folder: target.path });
  assert.equal((await restored.get<string[]>("/instances")).length, FILES.length);
  assert.equal((await restored.send("GET", `/instances/${IDS.ct1}/file`)).status, 200);
});

Deno.test("a folder on which a server runs is no target, and no index is no source", async () => {
  await using server = await startFilled();
  await using target = await makeFolder();
  using _lock = await lockFolder(target.path);
  await assert.rejects(backUpTo(server, target.path), { code: "configuration" });
  await using other = await makeFolder();
  const options = { ...archiveOf(server), target: other.path, copy: false };
  await assert.rejects(openBackup({ ...options, index: `${other.path}/none.sqlite` }), {
    code: "database",
  });
});

interface AuditPage {
  readonly Entries: readonly unknown[];
  readonly Head: { readonly Seq: number; readonly Hash: string };
}

Deno.test("a backup holds the audit log, in one chain over restarts, backups and restores", async () => {
  await using server = await startFilled();
  await using target = await makeFolder();
  const heads: ChainHead[] = [];
  for (const label of ["first", "second"]) {
    await server.send("PUT", `/patients/${IDS.p1}/labels/${label}`);
    const { Head } = await server.get<AuditPage>("/audit");
    heads.push({ seq: Head.Seq, hash: Head.Hash });
    await backUpTo(server, target.path, { prune: true });
    const copied = auditLines(`${target.path}/outpost.audit`, 1);
    const verdict = await verifyChain(copied, heads);
    assert.deepEqual(verdict, { kind: "intact", first: 1, head: heads.at(-1)! });
  }
  await server.send("DELETE", `/patients/${IDS.p1}`);
  assert.ok((await server.get<AuditPage>("/audit")).Head.Seq > heads[1]!.seq);
  await using restored = await startApp({ folder: target.path });
  await restored.send("DELETE", `/patients/${IDS.p2}`);
  const { Entries } = await restored.get<AuditPage>("/audit?limit=1000");
  assert.equal(Entries.length, heads[1]!.seq + 1);
  const after = await verifyChain(auditLines(`${target.path}/outpost.audit`, 1), heads);
  assert.equal(after.kind, "intact");
});

Deno.test("what has become of the audit log since does not reach the lines of a backup", async () => {
  await using server = await startFilled();
  await using target = await makeFolder();
  await server.get("/audit"); // which has the lines written
  await backUpTo(server, target.path);
  const log = `${server.folder}/outpost.audit`;
  const [name] = await Array.fromAsync(Deno.readDir(log), (entry) => entry.name);
  const text = await Deno.readTextFile(`${log}/${name}`);
  const copy = `${target.path}/outpost.audit/${name}`;
  await Deno.writeTextFile(`${log}/${name}`, text.replace("store", "stole") + '{"seq": 99');
  assert.equal(await Deno.readTextFile(copy), text);
  assert.equal((await Deno.stat(copy)).mode! & 0o077, 0);
  await backUpTo(server, target.path);
  assert.equal(await Deno.readTextFile(copy), text, "nor is what is whole taken anew");
});

Deno.test("an archive without audit log has backups without", async () => {
  await using server = await startFilled({ AuditLogEnabled: false });
  await using target = await makeFolder();
  await backUpTo(server, target.path);
  await assert.rejects(Deno.stat(`${target.path}/outpost.audit`), Deno.errors.NotFound);
});
