import assert from "node:assert/strict";
import type { App } from "../core/app.ts";
import type { SelectedInstance } from "../core/archive/query_retrieve/select.ts";
import { IMPLICIT_LITTLE_ENDIAN } from "../core/dicom/transfer_syntax.ts";
import { DicomError } from "../core/errors.ts";
import { CommandField } from "./command.ts";
import type { Request } from "./service.ts";
import { subOperations } from "./sub_operations.ts";

const REQUEST: Request = {
  contextId: 1,
  command: { commandField: CommandField.cMoveRequest, messageId: 1 },
  dataSet: undefined,
  context: {
    id: 1,
    abstractSyntaxUid: "1.2",
    transferSyntaxUid: IMPLICIT_LITTLE_ENDIAN.uid,
    requestorRoles: { scu: true, scp: false },
  },
  caller: { aet: "SCU", ip: "127.0.0.1" },
  calledAet: "US",
};

/** As much of the server as sub-operations need: each file can be opened but "gone". */
const APP = {
  logs: { of: () => () => {} },
  files: {
    open(uuid: string) {
      if (uuid === "gone") {
        return Promise.reject(new DicomError("missing-file", "Cannot open file: it is gone"));
      }
      return Promise.resolve({
        size: 0,
        read: () => Promise.resolve(new Uint8Array()),
        [Symbol.asyncDispose]: () => Promise.resolve(),
      });
    },
  },
} as unknown as App; // nothing else is used

const instance = (sopInstanceUid: string, uuid = "file"): SelectedInstance => ({
  id: sopInstanceUid,
  uuid,
  sopClassUid: "1.2",
  sopInstanceUid,
  transferSyntaxUid: "1.2",
});

/** What is answered: status, and remaining, completed, failed, warnings; and the list of what failed. */
async function run(
  instances: readonly SelectedInstance[],
  send: (uid: string) => number,
  { missing = [], signal = new AbortController().signal }: {
    missing?: readonly string[];
    signal?: AbortSignal;
  } = {},
) {
  const rows: unknown[] = [];
  let failed = "";
  const responses = subOperations(REQUEST, { instances, missing }, {
    app: APP,
    signal,
    send: ({ sopInstanceUid }) => Promise.try(() => send(sopInstanceUid)),
  });
  for await (const { status, command = {}, dataSet } of responses) {
    rows.push([
      status,
      command.numberOfRemainingSubOperations,
      command.numberOfCompletedSubOperations,
      command.numberOfFailedSubOperations,
      command.numberOfWarningSubOperations,
    ]);
    if (dataSet) failed = new TextDecoder().decode(dataSet.subarray(8)).replace(/\0$/, "");
  }
  return { rows, failed };
}

Deno.test("sub-operations are counted one by one, and the last response has what failed", async () => {
  const statuses: Record<string, number> = { a: 0x0000, b: 0xa700, c: 0xb000, d: 0x0111 };
  const { rows, failed } = await run(
    ["a", "b", "c", "d"].map((uid) => instance(uid)),
    (uid) => statuses[uid]!,
    { missing: ["m"] },
  );
  assert.deepEqual(rows, [
    [0xff00, 3, 1, 1, 0],
    [0xff00, 2, 1, 2, 0],
    [0xff00, 1, 1, 2, 1],
    [0xb000, undefined, 2, 2, 1],
  ]);
  assert.equal(failed, "m\\b");
});

Deno.test("the final status says whether all, some or none of the sub-operations succeeded", async () => {
  const final = async (status: number, missing: readonly string[] = []) =>
    (await run([instance("a")], () => status, { missing })).rows.at(-1);
  assert.deepEqual(await final(0), [0x0000, undefined, 1, 0, 0]);
  assert.deepEqual(await final(0xb000), [0xb000, undefined, 0, 0, 1]);
  assert.deepEqual(await final(0xc000), [0xa702, undefined, 0, 1, 0]);
  assert.deepEqual(await final(0, ["m"]), [0xb000, undefined, 1, 1, 0]);
  assert.deepEqual((await run([], () => 0)).rows, [[0x0000, undefined, 0, 0, 0]]);
});

Deno.test("a file that is gone fails alone", async () => {
  const { rows, failed } = await run([instance("a", "gone"), instance("b")], () => 0);
  assert.deepEqual(rows.at(-1), [0xb000, undefined, 1, 1, 0]);
  assert.equal(failed, "a");
});

Deno.test("a remote that is silent three times is not asked again; one that refuses is", async () => {
  const instances = ["a", "b", "c", "d", "e"].map((uid) => instance(uid));
  let asked = 0;
  const silent = await run(instances, () => {
    asked++;
    throw new DicomError("timeout", "Cannot send: no answer");
  });
  assert.equal(asked, 3);
  assert.deepEqual(silent.rows.at(-1), [0xa702, undefined, 0, 5, 0]);
  asked = 0;
  await run(instances, () => {
    asked++;
    throw new DicomError("network", "Cannot send: refused", { dimseStatus: 0xa700 });
  });
  assert.equal(asked, 5);
});

Deno.test("a cancelled retrieval ends behind the sub-operation at work", async () => {
  const cancel = new AbortController();
  const { rows } = await run(["a", "b", "c"].map((uid) => instance(uid)), (uid) => {
    if (uid === "b") cancel.abort();
    return 0;
  }, { signal: cancel.signal });
  assert.deepEqual(rows, [[0xff00, 2, 1, 0, 0], [0xff00, 1, 2, 0, 0], [0xfe00, 1, 2, 0, 0]]);
});
