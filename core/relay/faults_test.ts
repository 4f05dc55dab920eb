import assert from "node:assert/strict";
import { startApp, type TestApp } from "../../tests/support/app.ts";
import { createTestClock } from "../../tests/support/clock.ts";
import { dicomFile } from "../../tests/support/dicom.ts";
import { openIdleArchive } from "../../tests/support/idle_archive.ts";
import { pass } from "../../tests/support/quiet.ts";
import { sha256, type TestDestinations, testDestinations } from "../../tests/support/relay.ts";
import { waitFor } from "../../tests/support/wait.ts";
import { rebuild } from "../archive/rebuild.ts";
import { watchDisk } from "../disk.ts";

/** Faults of receivers, of the disk, and of what is stored. */

const RULES = [{ id: "all", do: [{ send: { to: "a" } }] }];
const NO_ROOM = {
  kind: "transient",
  status: "0xa700",
  reason: "no room",
  connectionFault: false,
} as const;

function start(sinks: TestDestinations, more: Partial<Parameters<typeof startApp>[0]> = {}) {
  return startApp({ destinations: sinks, config: { Relay: { Rules: RULES } }, ...more });
}

const file = (n: number) => dicomFile({ sopInstanceUid: `1.2.${n}` });

const count = async (server: TestApp, wanted: string) =>
  (await server.app.relay.duties.dutyCounts()).find(({ state }) => state === wanted)?.count ?? 0;

Deno.test("images that a receiver refuses for now hold up no good one", async () => {
  const sinks = testDestinations(["a"]);
  const isBad = (uid: string) => uid.endsWith("0");
  sinks.sink("a").script = ({ sopInstanceUid }) =>
    isBad(sopInstanceUid) ? NO_ROOM : { kind: "accepted", status: "0x0000" };
  await using server = await start(sinks);
  for (let n = 1; n <= 40; n++) await server.upload(file(n));
  await waitFor(() => sinks.sink("a").accepted.length === 36);
  const { accepted } = sinks.sink("a");
  assert.ok(
    accepted.every(({ uid }) => !isBad(uid)),
    "no time has passed, and all good ones are there",
  );
  sinks.sink("a").script = () => ({ kind: "accepted", status: "0x0000" });
  await waitFor(async () => {
    await pass(server, 5000);
    return sinks.sink("a").accepted.length === 40;
  });
  assert.equal(await count(server, "dead"), 0);
});

Deno.test("a full disk refuses what comes, sending goes on, and room lets it in again", async () => {
  const clock = createTestClock();
  const room = { free: 50_000_000_000, total: 100_000_000_000 };
  using watch = watchDisk({
    disk: {
      space: () => Promise.resolve({ ...room }),
      takeBallast: () => Promise.resolve(),
      releaseBallast: () => Promise.resolve(false),
    },
    clock,
    log: () => {},
  });
  const sinks = testDestinations(["a"]);
  await using server = await start(sinks, { clock, disk: watch });
  await server.post("/relay/pause", {});
  await server.upload(file(1));
  room.free = 1_000_000;
  await pass(server, 2000);
  const refused = await server.send("POST", "/instances", file(2));
  assert.equal(refused.status, 507);
  await server.post("/relay/resume", {});
  await waitFor(() => sinks.sink("a").accepted.length === 1);

  room.free = 50_000_000_000;
  await pass(server, 10_000);
  await server.upload(file(3));
  await waitFor(() => sinks.sink("a").accepted.length === 2);
  assert.equal((await server.get<string[]>("/instances")).length, 2);
});

Deno.test("a file that has lost a bit is not delivered, and its duty says why", async () => {
  const sinks = testDestinations(["a"]);
  await using server = await start(sinks);
  await server.post("/relay/pause", {});
  for (const n of [1, 2]) await server.upload(file(n));
  const paths = await filesBelow(server.folder);
  const damaged = await Deno.readFile(paths[0]!);
  damaged[damaged.length - 3]! ^= 1;
  await Deno.writeFile(paths[0]!, damaged);
  await server.post("/relay/resume", {});
  await waitFor(async () =>
    await count(server, "dead") === 1 && await count(server, "confirmed") === 1
  );
  const whole = [1, 2].map((n) => sha256(file(n)));
  assert.ok(sinks.sink("a").accepted.every(({ sha256 }) => whole.includes(sha256)));
  const [dead] = await server.app.relay.duties.duties({ state: "dead", limit: 2 });
  assert.match(dead!.reason, /its file is not what was stored/);
});

/** Paths of stored instances. */
async function filesBelow(folder: string): Promise<string[]> {
  const paths: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (name.startsWith("outpost.")) continue;
    if (isDirectory) paths.push(...await filesBelow(`${folder}/${name}`));
    else paths.push(`${folder}/${name}`);
  }
  return paths;
}

Deno.test("an index made anew from the files owes what its rules say, and sends what is not there", async () => {
  const sinks = testDestinations(["a"]);
  const folder = await Deno.makeTempDir();
  try {
    {
      await using server = await start(sinks, { folder });
      await server.upload(file(1));
      await waitFor(async () => await count(server, "confirmed") === 1);
      await server.post("/relay/pause", {});
      for (const n of [2, 3]) await server.upload(file(n));
    }
    for (const end of ["", "-wal", "-shm"]) {
      await Deno.remove(`${folder}/outpost.sqlite${end}`).catch(() => {});
    }
    await rebuildIn(folder);
    sinks.sink("a").prove = ({ sopInstanceUid }) =>
      sinks.sink("a").accepted.some(({ uid }) => uid === sopInstanceUid)
        ? { kind: "proven" }
        : { kind: "missing", reason: "not there" };
    await using server = await start(sinks, { folder });
    await waitFor(async () => await count(server, "confirmed") === 3);
    const given = [1, 2, 3].map((n) => sha256(file(n))).sort();
    assert.deepEqual(sinks.sink("a").accepted.map(({ sha256 }) => sha256).sort(), given);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

async function rebuildIn(folder: string): Promise<void> {
  await using archive = await openIdleArchive(folder, { Relay: { Rules: RULES } });
  await rebuild(archive.ports, (_file, became) => assert.equal(became, "indexed"));
}
