import assert from "node:assert/strict";
import { createFakeClient, type FakeClientOptions } from "../../../tests/support/dicom_client.ts";
import { NO_ARCHIVES } from "../../../tests/support/no_archives.ts";
import { NO_PEERS } from "../../../tests/support/no_peers.ts";
import { DicomError } from "../../errors.ts";
import type { DicomClient, SubOperations } from "../../ports/dicom_client.ts";
import type { JobContext } from "../job.ts";
import { get, move } from "./retrieve.ts";

const REMOTE = {
  calledAet: "PACS",
  callingAet: "US",
  host: "h",
  port: 1,
  tls: false,
  timeoutMs: 0,
};
const QUERIES = ["1.1", "1.2"].map((uid) => ({ "0008,0052": "STUDY", "0020,000d": uid }));
const INPUT = {
  remote: REMOTE,
  queries: QUERIES,
  permissive: false,
  dialect: "simplified",
  targetAet: "US",
} as const;

function makeContext(client: DicomClient): JobContext {
  return {
    client,
    index: { get: () => Promise.resolve(undefined) },
    files: { open: () => Promise.reject(new DicomError("missing-file", "none")) },
    commitment: { expect() {}, forget() {}, answer: () => Promise.resolve() },
    ...NO_ARCHIVES,
    ...NO_PEERS,
    signal: new AbortController().signal,
    log() {},
  };
}

function run(options: FakeClientOptions, input: typeof INPUT | typeof PERMISSIVE = INPUT) {
  const client = createFakeClient(options);
  const states = move.run({ input, state: move.start(input) }, makeContext(client));
  return { client, states };
}

const PERMISSIVE = { ...INPUT, permissive: true } as const;

Deno.test("run() checkpoints each request, and goes on behind the last that ended", async () => {
  const { client, states } = run({});
  const all = await Array.fromAsync(states);
  assert.deepEqual(all.map((state) => move.progress({ input: INPUT, state })), [
    0.25,
    0.5,
    0.75,
    1,
  ]);
  assert.equal(client.asked.length, 2);

  const again = createFakeClient();
  const half = { input: INPUT, state: { ...all[1]!, part: 0.5 } };
  await Array.fromAsync(move.run(half, makeContext(again)));
  const asked = again.asked.map(({ identifier }) => identifier);
  assert.deepEqual(asked, [{ QueryRetrieveLevel: "STUDY", StudyInstanceUID: "1.2" }]);
});

Deno.test("run() yields the status of a failure before it throws", async () => {
  const { states } = run({ statuses: [0xa801] });
  const seen: unknown[] = [];
  await assert.rejects(async () => {
    for await (const { details } of states) seen.push(details);
  }, { code: "network", dimseStatus: 0xa801 });
  assert.deepEqual(seen.at(-1), [{ status: 0xa801, received: [] }]);
});

Deno.test("run() goes on after a refusal if it may, but not with a silent remote", async () => {
  const { client, states } = run({ statuses: [0xa801] }, PERMISSIVE);
  const last = (await Array.fromAsync(states)).at(-1)!;
  assert.deepEqual(last.details.map(({ status }) => status), [0xa801, 0]);
  assert.equal(client.asked.length, 2);

  let requests = 0;
  const silent: DicomClient = {
    ...createFakeClient(),
    // deno-lint-ignore require-yield
    async *move(): AsyncGenerator<SubOperations> {
      requests++;
      throw await Promise.resolve(new DicomError("timeout", "Cannot move: no answer"));
    },
  };
  const running = move.run(
    { input: PERMISSIVE, state: move.start(PERMISSIVE) },
    makeContext(silent),
  );
  await assert.rejects(Array.fromAsync(running), { code: "timeout" });
  assert.equal(requests, 1);
});

Deno.test("content() shows what came by C-GET, in the dialect that is asked for", async () => {
  const client = createFakeClient({ received: ["a", "b"] });
  const input = { ...INPUT, queries: QUERIES.slice(0, 1) };
  const states = get.run({ input, state: get.start(input) }, makeContext(client));
  const state = (await Array.fromAsync(states)).at(-1)!;
  const Query = { QueryRetrieveLevel: "STUDY", StudyInstanceUID: "1.1" };
  assert.deepEqual(get.content({ input, state }), {
    Description: "REST API",
    Details: [{ DimseErrorStatus: 0, Query, ReceivedInstancesIds: ["a", "b"] }],
    LocalAet: "US",
    Query: [Query],
    RemoteAet: "PACS",
  });
});
