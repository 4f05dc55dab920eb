import assert from "node:assert/strict";
import { instanceFile } from "../support/instances.ts";
import { startServer } from "../support/server.ts";
import { startServerProcess } from "../support/server_process.ts";

/** The process is killed while it sends; the job goes on from where it was. */

const INSTANCES = 400;
/** Instances that the receiver has when the sender is killed, at least. */
const KILLED_AT = [40, 160] as const;
const WAITING_MS = 30_000;

interface Job {
  readonly ID: string;
  readonly State: string;
  readonly Progress: number;
  readonly UserData?: unknown;
  readonly Content: { readonly FailedInstancesCount: number; readonly InstancesCount: number };
}

async function json<T>(url: string, init?: RequestInit): Promise<T> {
  const response = await fetch(url, init);
  const text = await response.text();
  assert.equal(response.status, 200, text);
  return JSON.parse(text);
}

/** Asks until the answer is as it should be. */
async function until<T>(ask: () => Promise<T>, isGood: (answer: T) => boolean): Promise<T> {
  for (const end = Date.now() + WAITING_MS; Date.now() < end;) {
    const answer = await ask();
    if (isGood(answer)) return answer;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw new Error(`nothing came of it in ${WAITING_MS} ms`);
}

Deno.test("a job that sends goes on after kill -9, from its last checkpoint", async () => {
  await using receiver = await startServer({ DicomCheckModalityHost: false });
  const folder = await Deno.makeTempDir();
  const config = {
    StorageDirectory: `${folder}/data`,
    HttpPort: 0,
    DicomServerEnabled: false,
    DicomModalities: { to: ["ORTHANC", "127.0.0.1", receiver.dicomPort] },
  };
  await Deno.writeTextFile(`${folder}/config.json`, JSON.stringify(config));
  const received = async () =>
    (await receiver.get<{ CountInstances: number }>("/statistics")).CountInstances;
  let sender = await startServerProcess(folder);
  try {
    for (let number = 0; number < INSTANCES; number++) {
      const body = instanceFile({ SOPInstanceUID: `1.1.1.${number}` });
      await json(`${sender.url}/instances`, { method: "POST", body });
    }
    const studies = await json<string[]>(`${sender.url}/studies`);
    const body = JSON.stringify({ Resources: studies, Asynchronous: true, UserData: { a: 1 } });
    const { ID } = await json<Job>(`${sender.url}/modalities/to/store`, { method: "POST", body });
    for (const count of KILLED_AT) {
      await until(received, (there) => there >= count);
      sender.process.kill("SIGKILL");
      await sender.process.status;
      assert.ok(await received() < INSTANCES, "it was killed before it was done");
      sender = await startServerProcess(folder);
    }
    const job = await until(
      () => json<Job>(`${sender.url}/jobs/${ID}`),
      ({ State }) => State === "Success" || State === "Failure",
    );
    assert.deepEqual([job.State, job.Progress, job.UserData], ["Success", 100, { a: 1 }]);
    assert.deepEqual(
      [job.Content.InstancesCount, job.Content.FailedInstancesCount],
      [INSTANCES, 0],
    );
    assert.equal(await received(), INSTANCES);
  } finally {
    sender.process.kill("SIGKILL");
    await sender.process.status;
    await Deno.remove(folder, { recursive: true });
  }
});
