import assert from "node:assert/strict";
import { startApp, type TestApp } from "../../../tests/support/app.ts";
import { createTestClock } from "../../../tests/support/clock.ts";
import { createFakeClient } from "../../../tests/support/dicom_client.ts";
import { DicomError } from "../../errors.ts";
import type { CommitmentResult, RemoteAe } from "../../ports/dicom_client.ts";
import { storageCommitmentScp } from "./storage_commitment_scp.ts";

const REMOTE: RemoteAe = {
  calledAet: "CT",
  callingAet: "US",
  host: "h",
  port: 1,
  tls: false,
  timeoutMs: 0,
};
const INPUT = { remote: REMOTE, transactionUid: "2.25.1", references: [] };
const SECOND_MS = 1000;
const HOUR_MS = 3_600_000;

/** A client whose remote fails so many times before it takes a report. */
function failing(times: number, failure: DicomError) {
  const tried: CommitmentResult[] = [];
  const reportCommitment = (_remote: RemoteAe, result: CommitmentResult) => {
    tried.push(result);
    return tried.length > times ? Promise.resolve() : Promise.reject(failure);
  };
  return { tried, createClient: () => ({ ...createFakeClient(), reportCommitment }) };
}

const unreachable = () => new DicomError("network", "Connection refused");

function submit({ app }: TestApp) {
  return app.jobs.submit({
    type: "StorageCommitmentScp",
    input: INPUT,
    priority: 0,
    userData: undefined,
  });
}

/** Waits until a job is in a state. */
async function until({ app }: TestApp, id: string, state: string): Promise<void> {
  while (app.jobs.get(id)?.state !== state) await new Promise((resolve) => setTimeout(resolve));
}

Deno.test("a report that cannot be delivered is tried again, later and later", async () => {
  const { tried, createClient } = failing(2, unreachable());
  await using server = await startApp({ createClient });
  const { id } = submit(server);
  await until(server, id, "Retry");
  assert.equal(tried.length, 1);
  await server.clock.advance(9 * SECOND_MS);
  assert.equal(tried.length, 1);
  await server.clock.advance(SECOND_MS);
  while (tried.length < 2) await new Promise((resolve) => setTimeout(resolve));
  await until(server, id, "Retry");
  await server.clock.advance(60 * SECOND_MS);
  await until(server, id, "Success");
  const { Attempts, RemoteAet, TransactionUid } = server.app.jobs.get(id)!.content;
  assert.deepEqual([Attempts, RemoteAet, TransactionUid], [3, "CT", "2.25.1"]);
  assert.deepEqual(tried.at(-1), { transactionUid: "2.25.1", stored: [], failed: [] });
});

Deno.test("a report that waits is delivered by the next process", async () => {
  const folder = await Deno.makeTempDir();
  const clock = createTestClock();
  let id: string;
  {
    await using server = await startApp({ folder, clock, ...failing(1, unreachable()) });
    id = submit(server).id;
    await until(server, id, "Retry");
  }
  const { tried, createClient } = failing(0, unreachable());
  {
    await using server = await startApp({ folder, clock, createClient });
    await until(server, id, "Success");
  }
  assert.equal(tried.length, 1);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("a report that is refused is not repeated, nor one of a job that was canceled", async () => {
  const refusal = new DicomError("network", "no such transaction", { dimseStatus: 0x0112 });
  await using server = await startApp(failing(1, refusal));
  const { id } = submit(server);
  await until(server, id, "Failure");

  await using other = await startApp(failing(1, unreachable()));
  const waiting = submit(other);
  await until(other, waiting.id, "Retry");
  assert.ok(other.app.jobs.act(waiting.id, "cancel"));
  await other.clock.advance(HOUR_MS);
  assert.equal(other.app.jobs.get(waiting.id)?.state, "Failure");
});

Deno.test("retryInMs() waits an hour at most, and gives up", () => {
  const waits = (attempts: number) =>
    storageCommitmentScp.retryInMs!({ input: INPUT, state: { attempts } }, unreachable());
  assert.deepEqual([1, 5, 6, 49].map(waits), [10 * SECOND_MS, HOUR_MS, HOUR_MS, HOUR_MS]);
  assert.equal(waits(50), undefined);
});
