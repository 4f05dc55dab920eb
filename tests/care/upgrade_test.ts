import assert from "node:assert/strict";
import { createPaths } from "../../storage/paths.ts";
import { openDatabase } from "../../storage/sqlite/database.ts";
import { MIGRATIONS } from "../../storage/sqlite/migrations.ts";
import { startApp, type TestApp } from "../support/app.ts";
import { FILES, IDS } from "../support/filled.ts";
import { makeOlder } from "../support/older_index.ts";
import { sha256, testDestinations } from "../support/relay.ts";
import { waitFor } from "../support/wait.ts";

/** Schemas, by number, that were the first to hold such things. */
const SINCE = { keptFiles: 2, properties: 3, attachmentsAndJobs: 4, duties: 5 } as const;

/** A DICOM server that takes connections and says nothing, so that jobs on it never end. */
function silentServer() {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return {
    port: listener.addr.port,
    [Symbol.dispose]: () => listener.close(),
  };
}

const configuration = (port: number) => ({
  DicomModalities: { silent: ["SILENT", "127.0.0.1", port] },
  OrthancPeersInDatabase: true,
  UserContentType: { mine: 1030 },
  Relay: { Rules: [{ id: "all", do: [{ send: { to: "pacs" } }] }] },
});

const PEER = ["http://192.0.2.1:8042/"];

/** Fills a server with what an index of this schema can hold. */
async function fill(server: TestApp, schema: number): Promise<void> {
  const put = async (path: string, body: unknown) => {
    assert.equal((await server.send("PUT", path, body)).status, 200, path);
  };
  await server.send("POST", "/relay/pause");
  for (const file of FILES) await server.upload(file);
  await put(`/studies/${IDS.knee}/labels/seen`, "");
  await put(`/studies/${IDS.knee}/metadata/1024`, "note");
  if (schema >= SINCE.properties) await put("/peers/cloud", PEER);
  if (schema < SINCE.attachmentsAndJobs) return;
  await put(`/instances/${IDS.mr1}/attachments/mine`, "hello");
  await server.post("/modalities/silent/store", { Resources: [IDS.mr1], Asynchronous: true });
}

/** What everybody may look at. */
async function contents(server: TestApp) {
  const views = [
    ...["patients", "studies", "series", "instances"].map((level) => `/${level}?expand`),
    `/studies/${IDS.knee}/metadata?expand`,
    "/changes?limit=1000",
    "/statistics",
    "/peers",
    "/jobs",
  ];
  const found: unknown[] = [];
  for (const view of views) found.push(await server.get(view));
  for (const id of await server.get<string[]>("/instances")) {
    const file = await server.send("GET", `/instances/${id}/file`);
    found.push(sha256(await file.bytes()));
    found.push(await server.get(`/instances/${id}/attachments`));
  }
  return found;
}

/** One image lies in the index, as small ones do for a while after they have come. */
async function keepOneFile(folder: string): Promise<void> {
  using db = openDatabase(`${folder}/outpost.sqlite`);
  const uuid = String(db.prepare("SELECT uuid FROM file ORDER BY resource").get()!.uuid);
  const path = createPaths(folder)(uuid).final;
  db.prepare("INSERT INTO kept_file VALUES (?, ?)").run(uuid, await Deno.readFile(path));
  await Deno.remove(path);
}

for (let schema = 1; schema <= MIGRATIONS.length; schema++) {
  Deno.test(`an archive of schema ${schema} is opened whole, and what it owes is delivered`, async () => {
    const folder = await Deno.makeTempDir();
    using silent = silentServer();
    const config = configuration(silent.port);
    try {
      let before: unknown[];
      {
        const destinations = testDestinations(["pacs"]);
        await using server = await startApp({ folder, config, destinations });
        await fill(server, schema);
        before = await contents(server);
        assert.deepEqual(destinations.sink("pacs").tried, [], "all is still owed");
      }
      await makeOlder(`${folder}/outpost.sqlite`, schema);
      if (schema >= SINCE.keptFiles) await keepOneFile(folder);

      const destinations = testDestinations(["pacs"]);
      await using server = await startApp({ folder, config, destinations });
      assert.deepEqual(await contents(server), before);
      if (schema < SINCE.duties) return;
      await server.send("POST", "/relay/resume");
      const sink = destinations.sink("pacs");
      await waitFor(() => sink.accepted.length >= FILES.length, "the delivery of all");
      const delivered = sink.accepted.map((one) => one.sha256).sort();
      assert.deepEqual(delivered, FILES.map(sha256).sort());
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  });
}
