import assert from "node:assert/strict";
import { publicIds } from "../../core/archive/ids.ts";
import { type Attachments, createAttachments } from "../../core/archive/attachments.ts";
import { sha256Of } from "../../core/bytes/digest.ts";
import { memorySource } from "../../core/bytes/source.ts";
import type { ResourceRef } from "../../core/ports.ts";
import type { StorageIndex } from "../../storage/sqlite/methods.ts";
import { type ArchivePlace, filesIn, makePlace, type TestArchive } from "../support/archive.ts";
import { createTestClock } from "../support/clock.ts";
import { CrashingProcess } from "../support/crash.ts";
import { dicomFile } from "../support/dicom.ts";

/** The process ends at each step of what is done to attachments; after the next start everything is in order. */

const FILE = dicomFile({ sopInstanceUid: "1.2.3.4.5" });
const { Instance: id } = publicIds({
  patientId: "P1",
  studyInstanceUid: "1.2.3",
  seriesInstanceUid: "1.2.3.4",
  sopInstanceUid: "1.2.3.4.5",
});
const REF: ResourceRef = { level: "Instance", id };
const TARGET = { ref: REF, key: 1030, expected: undefined };

function attachmentsOf({ index, files }: TestArchive): Attachments {
  return createAttachments({
    index: index as StorageIndex, // what is behind it
    files: files as Parameters<typeof createAttachments>[0]["files"],
    clock: createTestClock(),
    log() {},
    makeRoom: undefined,
    checkRevisions: false,
    keepMd5: true,
    compress: false,
    changed() {},
  });
}

async function* each(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

interface Scenario {
  /** Content before; undefined for no attachment. */
  readonly before: Uint8Array | undefined;
  readonly work: (attachments: Attachments) => Promise<unknown>;
  readonly after: Uint8Array | undefined;
}

/** A DICOM file as content: what a crash leaves of it must not become an instance. */
const DICOM = dicomFile({ sopInstanceUid: "1.2.3.4.6" });
const OLD = new TextEncoder().encode("old");
const NEW = new TextEncoder().encode("new");

const SCENARIOS: Readonly<Record<string, Scenario>> = {
  "adding": {
    before: undefined,
    work: (attachments) => attachments.set(TARGET, each(DICOM)),
    after: DICOM,
  },
  "replacing": {
    before: OLD,
    work: (attachments) => attachments.set(TARGET, each(NEW)),
    after: NEW,
  },
  "removing": {
    before: OLD,
    work: (attachments) => attachments.remove(TARGET),
    after: undefined,
  },
};

/** SHA-256 of the attachment after the next start; each file has a row then, and each row its file. */
async function contentAfterRestart(place: ArchivePlace): Promise<string | undefined> {
  await using archive = await place.open();
  await archive.recover();
  const index = archive.index as StorageIndex;
  const found = (await index.attachments(REF))!;
  const instance = await index.get(REF, { children: false, labels: false, status: false });
  const uuids = [instance!.file!.uuid, ...found.map(({ uuid }) => uuid)];
  assert.deepEqual((await filesIn(`${place.folder}/files`)).sort(), uuids.sort());
  assert.deepEqual(await index.obsoleteFiles(), []);
  assert.equal((await index.statistics()).count.Instance, 1);
  const [attachment] = found;
  if (!attachment) return undefined;
  await using file = await archive.files.open(attachment.uuid);
  return await sha256Of(file);
}

async function digest(bytes: Uint8Array | undefined): Promise<string | undefined> {
  return bytes && await sha256Of(memorySource(bytes));
}

/** Ends the process at `lastStep`. @returns whether it came to the end of its work before */
async function crashAt({ before, work, after }: Scenario, lastStep: number): Promise<boolean> {
  await using place = await makePlace();
  {
    await using archive = await place.open();
    await archive.store(FILE);
    if (before !== undefined) await attachmentsOf(archive).set(TARGET, each(before));
  }
  const process = new CrashingProcess(lastStep);
  let told: boolean;
  {
    await using archive = await place.open({ process });
    told = await work(attachmentsOf(archive)).then(() => true, () => false);
  }
  const content = await contentAfterRestart(place);
  const allowed = await Promise.all((told ? [after] : [before, after]).map(digest));
  assert.ok(allowed.includes(content), `after step ${lastStep}`);
  return !process.crashed;
}

for (const [name, scenario] of Object.entries(SCENARIOS)) {
  Deno.test(`the process ends at each step of ${name} an attachment`, async () => {
    let step = 0;
    while (!await crashAt(scenario, step)) step++;
    assert.ok(step > 4);
  });
}
