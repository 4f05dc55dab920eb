import assert from "node:assert/strict";
import { startApp, type TestApp } from "../support/app.ts";
import { IDS, startFilled } from "../support/filled.ts";
import { waitFor } from "../support/wait.ts";

/** A folder as a server of default options fills it: two patients, three studies, five instances. */
async function makeFolder() {
  const server = await startFilled();
  const folder = await Deno.makeTempDir();
  await server.app[Symbol.asyncDispose]();
  await Deno.remove(folder);
  await Deno.rename(server.folder, folder);
  await Deno.mkdir(server.folder); // for its own end
  await server[Symbol.asyncDispose]();
  return { folder, [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }) };
}

const CHANGED = { StorageCompression: true, ExtraMainDicomTags: { Series: ["Rows"] } };

function start(folder: string, housekeeper: Record<string, unknown> = {}, more = CHANGED) {
  const config = { ...more, Housekeeper: { Enable: true, ScrubDays: 0, ...housekeeper } };
  return startApp({ folder, config });
}

interface Status {
  readonly LastProcessedChange: number;
  readonly LastChangeToProcess: number;
  readonly LastTimeStarted: string | null;
  readonly CurrentlyProcessingConfiguration: unknown;
  readonly LastProcessedConfiguration: { readonly StorageCompressionEnabled: boolean };
  readonly State: string;
  readonly FailedInstancesCount: number;
  readonly Scrub: { readonly Damaged: readonly unknown[] };
}

const statusOf = (server: TestApp) => server.get<Status>("/housekeeper/status");

/** Turns the clock while nothing is being worked on, until the status is as wanted. */
async function until(
  server: TestApp,
  isGood: (status: Status) => boolean,
  ms = 1000,
): Promise<Status> {
  let status = await statusOf(server);
  await waitFor(async () => {
    if (status.State !== "working") await server.clock.advance(ms);
    status = await statusOf(server);
    return isGood(status);
  }, "the status");
  return status;
}

const isDone = ({ LastProcessedConfiguration }: Status) =>
  LastProcessedConfiguration.StorageCompressionEnabled;

async function isCompressed(server: TestApp, id: string): Promise<boolean> {
  const path = `/instances/${id}/attachments/dicom/is-compressed`;
  return await (await server.send("GET", path)).text() === "1";
}

const ALL = [IDS.mr1, IDS.mr2, IDS.ct1, IDS.later1, IDS.greek1];

async function countCompressed(server: TestApp): Promise<number> {
  const compressed = await Promise.all(ALL.map((id) => isCompressed(server, id)));
  return compressed.filter((is) => is).length;
}

const rowsOf = async (server: TestApp) =>
  (await server.get<{ MainDicomTags: Record<string, string> }>(`/series/${IDS.ct}`))
    .MainDicomTags.Rows;

Deno.test("housekeeping brings what is stored to options that have changed", async () => {
  await using made = await makeFolder();
  await using server = await start(made.folder);
  assert.equal(await countCompressed(server), 0);
  assert.equal(await rowsOf(server), undefined);
  const running = await until(server, ({ LastProcessedChange }) => LastProcessedChange === 1);
  assert.equal(running.LastChangeToProcess, 3);
  assert.notEqual(running.CurrentlyProcessingConfiguration, null);
  const done = await until(server, isDone);
  assert.deepEqual([done.LastProcessedChange, done.LastChangeToProcess], [-1, -1]);
  assert.equal(done.CurrentlyProcessingConfiguration, null);
  assert.match(done.LastTimeStarted!, /^\d{8}T\d{6}$/);
  assert.equal(await countCompressed(server), ALL.length);
  assert.equal(await rowsOf(server), "2");
  assert.deepEqual(await server.get("/plugins/housekeeper/status"), done);
});

Deno.test("housekeeping that was interrupted goes on, and begins anew for other options", async () => {
  await using made = await makeFolder();
  {
    await using first = await start(made.folder);
    await until(first, ({ LastProcessedChange }) => LastProcessedChange === 1);
  }
  const { LastTimeStarted } = await (async () => {
    await using second = await start(made.folder);
    const status = await statusOf(second);
    assert.equal(status.LastProcessedChange, 1);
    return await until(second, isDone);
  })();
  {
    await using third = await start(made.folder);
    await until(third, ({ State }) => State === "resting", 60_000);
    const status = await statusOf(third);
    assert.equal(status.LastTimeStarted, LastTimeStarted, "there was nothing to do");
    assert.equal(await countCompressed(third), ALL.length);
  }
  await using fourth = await start(made.folder, {}, { ...CHANGED, StorageCompression: false });
  await until(fourth, (status) => !isDone(status));
  assert.equal(await countCompressed(fourth), 0);
});

Deno.test("housekeeping does what its triggers and its level say", async () => {
  await using made = await makeFolder();
  const triggers = { StorageCompressionChange: false, IngestTranscodingChange: false };
  const options = { Triggers: triggers, LimitMainDicomTagsReconstructLevel: "Series" };
  await using server = await start(made.folder, options);
  await until(server, isDone);
  assert.equal(await rowsOf(server), "2");
  assert.equal(await countCompressed(server), 0);
});

Deno.test("housekeeping waits for its hours", async () => {
  await using made = await makeFolder();
  await using server = await start(made.folder, { Schedule: {} });
  await server.clock.advance(3_600_000);
  const { State, LastTimeStarted } = await statusOf(server);
  assert.deepEqual([State, LastTimeStarted], ["outside schedule", null]);
});

Deno.test("housekeeping goes on past a file that cannot be read, and tells of it", async () => {
  await using made = await makeFolder();
  await using server = await start(made.folder);
  const { Uuid } = await server.get<{ Uuid: string }>(
    `/instances/${IDS.mr1}/attachments/dicom/info`,
  );
  await Deno.remove(`${made.folder}/${Uuid.slice(0, 2)}/${Uuid.slice(2, 4)}/${Uuid}`);
  const status = await until(server, isDone);
  assert.equal(status.FailedInstancesCount, 1);
  for (const id of ALL.slice(1)) assert.ok(await isCompressed(server, id));
});

Deno.test("files that have changed on the disk are told of", async () => {
  await using made = await makeFolder();
  const config = { Housekeeper: { ScrubDays: 1 } };
  await using server = await startApp({ folder: made.folder, config });
  const { Uuid } = await server.get<{ Uuid: string }>(
    `/instances/${IDS.ct1}/attachments/dicom/info`,
  );
  const path = `${made.folder}/${Uuid.slice(0, 2)}/${Uuid.slice(2, 4)}/${Uuid}`;
  const bytes = await Deno.readFile(path);
  bytes[bytes.length - 1]! ^= 1;
  await Deno.writeFile(path, bytes);
  const { Scrub } = await until(server, (status) => status.Scrub.Damaged.length > 0, 3_600_000);
  const expected = { FileUuid: Uuid, ID: IDS.ct1, Kind: "damaged", Type: "Instance" };
  assert.deepEqual(Scrub.Damaged, [expected]);
});

Deno.test("a server that is read-only keeps no house", async () => {
  await using server = await startApp({ config: { ReadOnly: true } });
  assert.equal((await server.send("GET", "/housekeeper/status")).status, 404);
  assert.equal(server.clock.pending, 0);
});
