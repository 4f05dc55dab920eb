import assert from "node:assert/strict";
import { deflateSync } from "node:zlib";
import { type Adoption, rebuild } from "../../core/archive/rebuild.ts";
import { countFiles, startApp, type TestApp } from "../support/app.ts";
import { IDS, startFilled } from "../support/filled.ts";
import { warnOfLostIndex } from "../../core/care.ts";
import { instanceFile } from "../support/instances.ts";
import { openIdleArchive } from "../support/idle_archive.ts";

/** Rebuilds what lies in a folder; how often which outcome came. */
async function rebuildIn(folder: string): Promise<Partial<Record<Adoption, number>>> {
  await using archive = await openIdleArchive(folder);
  const counts: Partial<Record<Adoption, number>> = {};
  await rebuild(archive.ports, (_file, became) => counts[became] = (counts[became] ?? 0) + 1);
  return counts;
}

async function loseIndex(folder: string): Promise<void> {
  for (const suffix of ["", "-wal", "-shm"]) {
    await Deno.remove(`${folder}/outpost.sqlite${suffix}`).catch(() => {});
  }
}

/** Studies with what is below and above them. */
async function trees(server: TestApp): Promise<unknown> {
  const studies = await server.get<Record<string, unknown>[]>("/studies?expand");
  const series = await server.get<Record<string, unknown>[]>("/series?expand");
  return [
    studies.map(({ ID, ParentPatient, Series }) => [ID, ParentPatient, Series]),
    series.map(({ ID, Instances }) => [ID, Instances]),
  ];
}

Deno.test("the index is made anew from the files, compressed ones too", async () => {
  const server = await startFilled();
  const folder = `${server.folder}-lost`;
  await server.send("POST", `/instances/${IDS.mr1}/attachments/dicom/compress`);
  const before = await trees(server);
  const tags = await server.get(`/instances/${IDS.mr1}/tags`);
  await Deno.rename(server.folder, folder);
  await Deno.mkdir(server.folder); // for its own end
  await server[Symbol.asyncDispose]();
  try {
    await loseIndex(folder);
    assert.deepEqual(await rebuildIn(folder), { indexed: 5 });
    assert.deepEqual(await rebuildIn(folder), {}, "then there is nothing left to do");
    await using after = await startApp({ folder });
    assert.deepEqual(await trees(after), before);
    assert.deepEqual(await after.get(`/instances/${IDS.mr1}/tags`), tags);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("an instance counts as received when its file was written", async () => {
  await using server = await startFilled();
  const { Uuid } = await server.get<{ Uuid: string }>(
    `/instances/${IDS.later1}/attachments/dicom/info`,
  );
  const path = `${server.folder}/${Uuid.slice(0, 2)}/${Uuid.slice(2, 4)}/${Uuid}`;
  await Deno.utime(path, new Date(), new Date("2020-02-03T04:05:06Z"));
  await loseIndex(server.folder);
  await rebuildIn(server.folder);
  await using after = await startApp({ folder: server.folder });
  const received = await after.send("GET", `/instances/${IDS.later1}/metadata/ReceptionDate`);
  assert.equal(await received.text(), "20200203T040506");
});

Deno.test("a server warns of files that an empty index does not know", async () => {
  await using server = await startFilled();
  const warnings = async () => {
    await using idle = await openIdleArchive(server.folder);
    const lines: string[] = [];
    await warnOfLostIndex(idle.archive, (level, message) => void lines.push(`${level} ${message}`));
    return lines;
  };
  assert.deepEqual(await warnings(), []);
  await loseIndex(server.folder);
  const [line, ...more] = await warnings();
  assert.match(line!, /^warning the index is empty, but there are files.*outpost rebuild/);
  assert.deepEqual(more, []);
});

Deno.test("what looks compressed and is no image keeps its name", async () => {
  await using server = await startFilled();
  const uuid = "ab12abcd-1234-4123-8123-123456789abc";
  const path = `${server.folder}/ab/12/${uuid}`;
  await Deno.mkdir(`${server.folder}/ab/12`, { recursive: true });
  const length = Uint8Array.of(5, 0, 0, 0, 0, 0, 0, 0);
  for (const text of ["hello", "longer than it says", "not"]) {
    await Deno.writeFile(path, new Uint8Array([...length, ...deflateSync(text)]));
    assert.deepEqual(await rebuildIn(server.folder), { unreadable: 1 });
    assert.ok((await Deno.stat(path)).isFile);
  }
});

Deno.test("a file that ends before its Pixel Data gives way to the whole one, in any order", async () => {
  const whole = instanceFile({ SOPInstanceUID: "1.9" });
  const head = instanceFile({ SOPInstanceUID: "1.9", PixelData: null });
  for (const order of [[head, whole], [whole, head]]) {
    const folder = await Deno.makeTempDir();
    try {
      for (const [at, bytes] of order.entries()) {
        await Deno.mkdir(`${folder}/0${at}/00`, { recursive: true });
        await Deno.writeFile(`${folder}/0${at}/00/0${at}00abcd-1234-4123-8123-123456789abc`, bytes);
        await rebuildIn(folder);
      }
      await using server = await startApp({ folder });
      const [id] = await server.get<string[]>("/instances");
      const file = await server.send("GET", `/instances/${id}/file`);
      assert.deepEqual(new Uint8Array(await file.arrayBuffer()), whole);
      assert.equal(await countFiles(folder), 2, "neither is removed");
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  }
});
