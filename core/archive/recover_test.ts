import assert from "node:assert/strict";
import {
  type ArchivePlace,
  assertWhole,
  filesIn,
  makePlace,
  type TestArchive,
} from "../../tests/support/archive.ts";
import { CrashingProcess } from "../../tests/support/crash.ts";
import { dicomFile } from "../../tests/support/dicom.ts";
import { everyResource } from "./query.ts";

const FILE = dicomFile({ sopInstanceUid: "1.1", pixelBytes: 500 });
const NEVER = new Promise<never>(() => {});

/** Files whose `commit()` never gets to do anything: the row is there, the file still has its temporary name. */
function stuckCommit(files: TestArchive["files"]): TestArchive["files"] {
  return {
    ...files,
    stage: async (bytes) => ({ ...await files.stage(bytes), commit: () => NEVER }),
  };
}

/** Leaves a row whose file is not committed, as a power cut does. */
async function leaveUnflushed(place: ArchivePlace): Promise<AsyncDisposable> {
  const process = new CrashingProcess(Infinity);
  const archive = await place.open({ process, around: stuckCommit });
  archive.store(FILE);
  while (await archive.index.count(everyResource("Instance")) === 0) {
    await new Promise((resolve) => setTimeout(resolve));
  }
  return archive;
}

/** Path of the only file whose name ends so. */
async function onlyFile(place: ArchivePlace, suffix: string): Promise<string> {
  const names = await filesIn(`${place.folder}/files`);
  assert.equal(names.length, 1);
  const name = names[0]!;
  assert.ok(name.endsWith(suffix));
  return `${place.folder}/files/${name.slice(0, 2)}/${name.slice(2, 4)}/${name}`;
}

async function recover(place: ArchivePlace): Promise<readonly string[]> {
  await using archive = await place.open();
  await archive.recover();
  return archive.lines;
}

Deno.test("recover() keeps a row whose file is whole, and gives the file its name", async () => {
  await using place = await makePlace();
  await using _left = await leaveUnflushed(place);
  await onlyFile(place, ".part");
  assert.deepEqual(await recover(place), []);
  assert.equal((await assertWhole(place)).size, 1);
});

for (
  const [damage, harm] of Object.entries({
    "cut short": (path: string) => Deno.truncate(path, 700),
    "full of zeros": (path: string) => Deno.writeFile(path, new Uint8Array(FILE.length)),
    "gone": (path: string) => Deno.remove(path),
  })
) {
  Deno.test(`recover() drops a row whose file is ${damage}`, async () => {
    await using place = await makePlace();
    await using _left = await leaveUnflushed(place);
    await harm(await onlyFile(place, ".part"));
    assert.deepEqual(await recover(place), [
      "warning: took back an instance whose file was not complete",
    ]);
    assert.equal((await assertWhole(place)).size, 0);
  });
}

Deno.test("recover() indexes a complete file without a row, and removes what is none", async () => {
  await using place = await makePlace();
  {
    await using archive = await place.open();
    await archive.store(FILE); // from now on its folder is open
  }
  const known = await onlyFile(place, "");
  const folder = known.slice(0, known.lastIndexOf("/"));
  const prefix = known.slice(-36, -32);
  const named = (digit: string) =>
    `${folder}/${prefix}${digit.repeat(4)}-0000-4000-8000-000000000000`;
  await Deno.writeFile(named("1"), dicomFile({ sopInstanceUid: "1.2" }));
  await Deno.writeFile(named("2"), FILE); // known under another name
  await Deno.writeFile(named("3"), FILE.subarray(0, 200));
  await Deno.writeFile(`${named("4")}.part`, FILE);
  assert.deepEqual([...await recover(place)].sort(), [
    "warning: found a file without a row: indexed",
    "warning: found a file without a row: removed",
    "warning: found a file without a row: removed",
  ]);
  assert.equal((await assertWhole(place)).size, 2);
});

Deno.test("recover() lets alone what was in a folder before it was opened again", async () => {
  await using place = await makePlace();
  {
    await using archive = await place.open();
    await archive.store(FILE);
    await archive.recover(); // closes its folder
  }
  const known = await onlyFile(place, "");
  {
    await using archive = await place.open();
    await archive.store(dicomFile({ sopInstanceUid: "1.2" }));
    const journal = archive.index as unknown as { openFolder(name: string): Promise<void> };
    await journal.openFolder(`${known.slice(-36, -34)}/${known.slice(-34, -32)}`);
  }
  assert.deepEqual(await recover(place), []);
  assert.equal((await assertWhole(place)).size, 2);
});

Deno.test("recover() does not bring back what was removed", async () => {
  await using place = await makePlace();
  {
    await using archive = await place.open();
    const { ids } = await archive.store(FILE);
    const removal = await archive.index.remove({ level: "Study", id: ids.Study });
    assert.equal(removal?.files.length, 1);
  }
  assert.deepEqual(await recover(place), []);
  assert.equal((await assertWhole(place)).size, 0);
});

Deno.test("recover() of a folder in good order does nothing, twice", async () => {
  await using place = await makePlace();
  {
    await using archive = await place.open();
    await archive.store(FILE);
  }
  for (let time = 0; time < 2; time++) assert.deepEqual(await recover(place), []);
  assert.equal((await assertWhole(place)).size, 1);
});
