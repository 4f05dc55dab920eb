import assert from "node:assert/strict";
import { backUp } from "../../core/archive/backup.ts";
import { openBackup } from "../../storage/backup.ts";
import { lockFolder } from "../../storage/lock.ts";
import { countFiles, startApp, type TestApp } from "../support/app.ts";
import { FILES, IDS, startFilled } from "../support/filled.ts";
import { instanceFile } from "../support/instances.ts";

const CONFIG = { UserContentType: { mine: 1030 } };

async function backUpTo(server: TestApp, target: string, { copy = false, prune = false } = {}) {
  const index = `${server.folder}/outpost.sqlite`;
  await using backup = await openBackup({ index, files: server.folder, target, copy });
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
  const index = `${server.folder}/outpost.sqlite`;
  {
    await using backup = await openBackup({
      ...{ index, files: server.folder, target: target.path, copy: false },
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
    const index = `${server.folder}/outpost.sqlite`;
    await using backup = await openBackup({
      ...{ index, files: server.folder, target: target.path, copy: false },
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
  const options = { files: server.folder, target: other.path, copy: false };
  await assert.rejects(openBackup({ index: `${other.path}/none.sqlite`, ...options }), {
    code: "database",
  });
});
