import assert from "node:assert/strict";
import { startApp } from "../support/app.ts";
import { instanceFile } from "../support/instances.ts";
import { waitFor } from "../support/wait.ts";

/** A remote that takes connections and says nothing. */
function startSilent() {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const taken: Deno.TcpConn[] = [];
  const accepting = (async () => {
    for await (const connection of listener) taken.push(connection);
  })();
  return {
    port: listener.addr.port,
    async [Symbol.asyncDispose]() {
      listener.close();
      await accepting;
      for (const connection of taken) connection.close();
    },
  };
}

interface Job {
  readonly ID: string;
  readonly State: string;
  readonly Type: string;
}

const UIDS = {
  StudyInstanceUID: "1.1",
  SeriesInstanceUID: "1.1.1",
  SOPInstanceUID: "1.1.1.1",
};

/** Each type of job that speaks with others: what begins it. */
const SPEAKING: Readonly<Record<string, readonly [path: string, body: object]>> = {
  DicomModalityStore: ["/modalities/silent/store", {}],
  OrthancPeerStore: ["/peers/silent/store", {}],
  DicomMoveScu: ["/modalities/silent/move", { Level: "Instance", Resources: [UIDS] }],
  DicomGetScu: ["/modalities/silent/get", { Level: "Instance", Resources: [UIDS] }],
};

Deno.test("a job whose remote is dead ends, and the next one has its place", async () => {
  await using silent = startSilent();
  const config = {
    ConcurrentJobs: 1,
    DicomScuTimeout: 5,
    HttpTimeout: 5,
    DicomModalities: { silent: ["SILENT", "127.0.0.1", silent.port] },
    OrthancPeers: { silent: [`http://127.0.0.1:${silent.port}/`] },
  };
  await using server = await startApp({ config });
  const { ID } = await server.upload(instanceFile());
  for (const [type, [path, body]] of Object.entries(SPEAKING)) {
    const job = { Resources: [ID], Asynchronous: true, ...body };
    assert.ok((await server.post<Job>(path, job)).ID, type);
  }
  const jobs = () => server.get<Job[]>("/jobs?expand");
  await waitFor(async () => {
    await server.clock.advance(1000);
    return (await jobs()).every(({ State }) => State === "Failure");
  }, "the end of all jobs");
  assert.deepEqual((await jobs()).map(({ Type }) => Type).sort(), Object.keys(SPEAKING).sort());
});

Deno.test("without SaveJobs, jobs end with the process", async () => {
  const folder = await Deno.makeTempDir();
  try {
    for (const SaveJobs of [true, false]) {
      await using silent = startSilent();
      const config = {
        SaveJobs,
        DicomModalities: { silent: ["SILENT", "127.0.0.1", silent.port] },
      };
      let id: string;
      {
        await using first = await startApp({ folder, config });
        const { ID } = await first.upload(instanceFile());
        const body = { Resources: [ID], Asynchronous: true };
        id = (await first.post<Job>("/modalities/silent/store", body)).ID;
      }
      await using second = await startApp({ folder, config });
      const jobs = await second.get<string[]>("/jobs");
      assert.equal(jobs.includes(id), SaveJobs);
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
