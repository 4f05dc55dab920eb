import assert from "node:assert/strict";
import type { FileStore } from "../ports.ts";
import { assertWhole, filesIn, makePlace, type TestArchive } from "../../tests/support/archive.ts";
import { dicomFile } from "../../tests/support/dicom.ts";
import { DicomError, type ErrorCode } from "../errors.ts";
import { everyResource, ROW_ONLY } from "./query.ts";

const FILE = dicomFile({ sopInstanceUid: "1.1" });
const OTHER = dicomFile({ sopInstanceUid: "1.1", pixelBytes: 128 });

/** Files of which the commit of number `failing` waits for `until` and fails if that does. */
function slowCommit(failing: number, until: Promise<void>) {
  let count = 0;
  until.catch(() => {}); // may fail before the commit waits for it
  return (files: FileStore): FileStore => ({
    ...files,
    async stage(bytes) {
      const staged = await files.stage(bytes);
      if (++count !== failing) return staged;
      return { ...staged, commit: () => staged.commit().then(() => until) };
    },
  });
}

/** Files of which one method fails. */
function failing(method: "stage" | "commit" | "remove", code: ErrorCode) {
  const fail = () => Promise.reject(new DicomError(code, "Cannot do it: it is a test"));
  return (files: FileStore): FileStore => ({
    ...files,
    ...(method === "remove" && { remove: fail }),
    stage: async (bytes) => {
      if (method === "stage") return await fail();
      const staged = await files.stage(bytes);
      return method === "commit" ? { ...staged, commit: fail } : staged;
    },
  });
}

Deno.test("ingest says what became of each instance", async () => {
  await using place = await makePlace();
  {
    await using archive = await place.open();
    assert.equal((await archive.store(FILE)).kind, "stored");
    assert.equal((await archive.store(FILE)).kind, "duplicate");
    assert.equal((await archive.store(OTHER)).kind, "conflict");
    assert.equal(archive.stored(), 1);
  }
  {
    await using archive = await place.open({ overwrite: "IfChanged" });
    assert.equal((await archive.store(FILE)).kind, "duplicate");
    assert.equal((await archive.store(OTHER)).kind, "replaced");
    assert.equal(archive.stored(), 1);
  }
  await using archive = await place.open({ overwrite: "Always" });
  assert.equal((await archive.store(OTHER)).kind, "replaced");
  await archive.recover();
  assert.equal((await assertWhole(place)).size, 1);
});

Deno.test("ingest refuses what is no instance, and leaves nothing behind", async () => {
  await using place = await makePlace();
  await using archive = await place.open();
  const cases: [Uint8Array, RegExp][] = [
    [new Uint8Array(), /^Received an empty DICOM file$/],
    [new Uint8Array(500), /^Cannot parse an invalid DICOM file \(size: 500 bytes\)/],
    [FILE.subarray(0, FILE.length - 1), /^Cannot parse an invalid DICOM file/],
  ];
  for (const [bytes, message] of cases) {
    await assert.rejects(archive.store(bytes), { code: "bad-file", message });
  }
  assert.deepEqual(await filesIn(`${place.folder}/files`), []);
  assert.equal(await archive.index.count(everyResource("Patient")), 0);
});

Deno.test("ingest of the same instance by many senders stores it once", async () => {
  await using place = await makePlace();
  await using archive = await place.open();
  const kinds = (await Promise.all(Array.from({ length: 20 }, () => archive.store(FILE))))
    .map(({ kind }) => kind);
  assert.deepEqual(kinds.sort(), [...Array(19).fill("duplicate"), "stored"]);
  await archive.recover();
  assert.equal((await assertWhole(place)).size, 1);
});

Deno.test("ingest replacing the same instance by many senders keeps one of them", async () => {
  await using place = await makePlace();
  await using archive = await place.open({ overwrite: "Always" });
  const outcomes = await Promise.all(Array.from({ length: 20 }, () => archive.store(FILE)));
  assert.ok(outcomes.every(({ kind }) => kind === "stored" || kind === "replaced"));
  await archive.recover();
  assert.equal((await assertWhole(place)).size, 1);
});

Deno.test("ingest calls nothing a duplicate before the first is durable", async () => {
  await using place = await makePlace();
  const flushed = Promise.withResolvers<void>();
  await using archive = await place.open({ around: slowCommit(1, flushed.promise) });
  const answers: string[] = [];
  const first = archive.store(FILE).then(({ kind }) => answers.push(kind));
  const second = archive.store(FILE).then(({ kind }) => answers.push(kind));
  await rowIsThere(archive);
  assert.deepEqual(answers, []);
  flushed.resolve();
  await Promise.all([first, second]);
  assert.deepEqual(answers, ["stored", "duplicate"]);
});

Deno.test("ingest stores the one if the other turns out not to be durable", async () => {
  await using place = await makePlace();
  const flushed = Promise.withResolvers<void>();
  await using archive = await place.open({ around: slowCommit(1, flushed.promise) });
  const both = Promise.allSettled([archive.store(FILE), archive.store(FILE)]);
  await rowIsThere(archive);
  flushed.reject(new DicomError("storage-full", "Cannot store instance: the disk is full"));
  // Either may have been staged first.
  const results = (await both).map((result) =>
    result.status === "fulfilled" ? result.value.kind : result.reason.code
  );
  assert.deepEqual(results.sort(), ["storage-full", "stored"]);
  await archive.recover();
  assert.equal((await assertWhole(place)).size, 1);
});

/** Waits until an instance has a row, and for all that follows from it at once. */
async function rowIsThere({ index }: TestArchive): Promise<void> {
  while (await index.count(everyResource("Instance")) === 0) await tick();
  for (let turn = 0; turn < 20; turn++) await tick();
}

const tick = () => new Promise((resolve) => setTimeout(resolve));

for (const code of ["storage-full", "cannot-write"] as const) {
  for (const method of ["stage", "commit"] as const) {
    Deno.test(`ingest with ${code} from ${method}() stores nothing, and all is well later`, async () => {
      await using place = await makePlace();
      {
        await using archive = await place.open({ around: failing(method, code) });
        await assert.rejects(archive.store(FILE), { code });
        assert.equal(await archive.index.count(everyResource("Patient")), 0);
        assert.deepEqual(await filesIn(`${place.folder}/files`), []);
      }
      await using archive = await place.open();
      await archive.recover();
      assert.equal((await archive.store(FILE)).kind, "stored");
    });
  }
}

Deno.test("ingest whose commit fails does not lose what it was to replace", async () => {
  await using place = await makePlace();
  await using before = await place.open();
  await before.store(FILE);
  await using archive = await place.open({
    overwrite: "Always",
    around: failing("commit", "storage-full"),
  });
  await assert.rejects(archive.store(OTHER), { code: "storage-full" });
  await archive.recover();
  assert.equal((await assertWhole(place)).size, 1);
});

Deno.test("ingest and remove succeed although old files cannot be removed yet", async () => {
  await using place = await makePlace();
  await using before = await place.open();
  const { ids } = await before.store(FILE);
  {
    await using archive = await place.open({
      overwrite: "Always",
      around: failing("remove", "cannot-write"),
    });
    assert.equal((await archive.store(OTHER)).kind, "replaced");
    assert.ok(await archive.remove({ level: "Study", id: ids.Study }));
    assert.deepEqual(archive.lines, Array(2).fill("error: cannot remove files yet"));
    assert.equal((await filesIn(`${place.folder}/files`)).length, 2);
  }
  await using after = await place.open();
  await after.recover();
  assert.equal((await assertWhole(place)).size, 0);
});

Deno.test("ingest keeps how and when an instance came", async () => {
  await using place = await makePlace();
  await using archive = await place.open();
  await using staged = await archive.files.stage(ReadableStream.from([FILE]));
  const { ids } = await archive.ingest(staged, {
    kind: "http",
    remoteIp: "192.0.2.1",
    username: "alice",
  });
  const instance = await archive.index.get({ level: "Instance", id: ids.Instance }, ROW_ONLY);
  const { 2: received, 8: origin, 9: syntax, 11: ip, 12: called, 13: user } = instance!.metadata;
  assert.deepEqual({ received, origin, syntax, ip, called, user }, {
    received: "20260101T000000",
    origin: "RestApi",
    syntax: "1.2.840.10008.1.2.1",
    ip: "192.0.2.1",
    called: undefined,
    user: "alice",
  });
});
