import assert from "node:assert/strict";
import { createFakeClient, type FakeClientOptions } from "../../../tests/support/dicom_client.ts";
import { memorySource } from "../../bytes/source.ts";
import { METADATA, type Resource } from "../../archive/resource.ts";
import { NO_ARCHIVES } from "../../../tests/support/no_archives.ts";
import { NO_PEERS } from "../../../tests/support/no_peers.ts";
import { DicomError } from "../../errors.ts";
import type { JobContext } from "../job.ts";
import { modalityStore } from "./modality_store.ts";

const MR = "1.2.840.10008.5.1.4.1.1.4";
const EXPLICIT = "1.2.840.10008.1.2.1";

/** Instances `a`, `b`, … of an index that has all but those named `gone`. */
function makeContext(options: FakeClientOptions = {}) {
  const client = createFakeClient(options);
  const opened = { open: 0 };
  const context: JobContext = {
    client,
    index: {
      get: ({ id }) => Promise.resolve(id === "gone" ? undefined : resource(id)),
    },
    files: {
      open() {
        opened.open++;
        const close = () => Promise.resolve(void opened.open--);
        return Promise.resolve({
          ...memorySource(new Uint8Array(8)),
          [Symbol.asyncDispose]: close,
        });
      },
    },
    commitment: { expect() {}, forget() {}, answer: () => Promise.resolve() },
    ...NO_ARCHIVES,
    ...NO_PEERS,
    signal: new AbortController().signal,
    log() {},
  };
  return { client, context, opened };
}

function resource(id: string): Resource {
  return {
    id,
    level: "Instance",
    parent: null,
    tags: { "00080018": `1.${id}` },
    metadata: { [METADATA.SopClassUid]: MR, [METADATA.TransferSyntax]: EXPLICIT },
    updatedAt: 0,
    stable: true,
    protected: false,
    file: { uuid: id, size: 8, sha256: "" },
  };
}

const REMOTE = {
  calledAet: "CT",
  callingAet: "US",
  host: "h",
  port: 1,
  tls: false,
  timeoutMs: 0,
};

function makeInput(instances: readonly string[], permissive = false) {
  return {
    remote: REMOTE,
    resources: [],
    instances,
    kinds: [{ sopClassUid: MR, transferSyntaxUid: EXPLICIT }],
    allowTranscoding: true,
    permissive,
    moveOriginator: null,
    commitmentUid: null,
  };
}

const sentBy = ({ asked }: ReturnType<typeof createFakeClient>) =>
  asked.filter(({ service }) => service === "store").map(({ sopInstanceUid }) => sopInstanceUid);

Deno.test("run() goes on behind its last checkpoint, and closes what it opens", async () => {
  const { client, context, opened } = makeContext();
  const input = makeInput(["a", "b", "c"]);
  const state = { tried: 1, failed: 0, references: [] };
  const states = await Array.fromAsync(modalityStore.run({ input, state }, context));
  assert.deepEqual(sentBy(client), ["1.b", "1.c"]);
  assert.deepEqual(states.map(({ tried }) => tried), [2, 3]);
  assert.equal(opened.open, 0);
});

Deno.test("run() closes what it opened ahead when it is paused, or fails", async () => {
  const { context, opened } = makeContext({ statuses: [0x0000, 0xa700] });
  const input = makeInput(["a", "b", "c"]);
  const steps = modalityStore.run({ input, state: modalityStore.start(input) }, context);
  await steps.next();
  assert.equal(opened.open, 1);
  await steps.return(undefined);
  assert.equal(opened.open, 0);
  const failing = modalityStore.run({ input, state: modalityStore.start(input) }, context);
  await assert.rejects(Array.fromAsync(failing), { dimseStatus: 0xa700 });
  assert.equal(opened.open, 0);
});

Deno.test("run() counts an instance that is gone if it may, and fails otherwise", async () => {
  const { client, context } = makeContext();
  const state = modalityStore.start(makeInput([]));
  const strict = modalityStore.run({ input: makeInput(["gone", "b"]), state }, context);
  await assert.rejects(Array.fromAsync(strict), { code: "unknown-resource" });
  const permissive = modalityStore.run({ input: makeInput(["gone", "b"], true), state }, context);
  const states = await Array.fromAsync(permissive);
  assert.deepEqual(states.at(-1), { tried: 2, failed: 1, references: [] });
  assert.deepEqual(sentBy(client), ["1.b"]);
});

Deno.test("run() ends with a remote that does not answer, even if it may go on", async () => {
  const { context, opened } = makeContext();
  let stores = 0;
  const silent: JobContext = {
    ...context,
    client: {
      ...context.client,
      openStore: () =>
        Promise.resolve({
          store() {
            stores++;
            return Promise.reject(new DicomError("timeout", "Cannot send: no answer"));
          },
          [Symbol.asyncDispose]: () => Promise.resolve(),
        }),
    },
  };
  const input = makeInput(["a", "b", "c"], true);
  const running = modalityStore.run({ input, state: modalityStore.start(input) }, silent);
  await assert.rejects(Array.fromAsync(running), { code: "timeout" });
  assert.deepEqual([stores, opened.open], [1, 0]);
});

Deno.test("progress() and content() of a job that is under way", () => {
  const input = { ...makeInput(["a", "b", "c", "d"]), commitmentUid: "2.25.1" };
  const work = { input, state: { tried: 1, failed: 1, references: [] } };
  assert.equal(modalityStore.progress(work), 0.25);
  assert.deepEqual(modalityStore.content(work), {
    Description: "REST API",
    FailedInstancesCount: 1,
    InstancesCount: 4,
    LocalAet: "US",
    RemoteAet: "CT",
    Resources: [],
    StorageCommitmentTransactionUID: "2.25.1",
  });
});
