import assert from "node:assert/strict";
import { FILES, startFilled } from "../tests/support/filled.ts";
import { instanceFile } from "../tests/support/instances.ts";
import type { CommitmentResult, RemoteAe, SopReference } from "./ports/dicom_client.ts";
import { type Commitment, createCommitment, describeFailure } from "./commitment.ts";

const MR = "1.2.840.10008.5.1.4.1.1.4";
const CT = "1.2.840.10008.5.1.4.1.1.2";
const REMOTE: RemoteAe = {
  calledAet: "REMOTE",
  callingAet: "US",
  host: "127.0.0.1",
  port: 1,
  tls: false,
  timeoutMs: 1000,
};

/** Commitment over a filled server, with what it reports. */
async function make(maximumReports = 2) {
  await using stack = new AsyncDisposableStack();
  const server = stack.use(await startFilled());
  const reported = Promise.withResolvers<CommitmentResult>();
  const commitment: Commitment = createCommitment({
    index: server.app.index,
    files: server.app.files,
    reader: server.app.reader,
    maximumReports,
    client: {
      reportCommitment(_remote, result) {
        reported.resolve(result);
        return Promise.resolve();
      },
    },
  });
  const running = stack.move();
  return {
    server,
    commitment,
    /** What comes of asking for `references`. */
    async answer(references: readonly SopReference[]) {
      const { signal } = new AbortController();
      await commitment.answer(REMOTE, { transactionUid: "2.25.9", references }, signal);
      return await reported.promise;
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

const reference = (sopInstanceUid: string, sopClassUid = MR): SopReference => ({
  sopClassUid,
  sopInstanceUid,
});

Deno.test("answer() reports what is stored, what is not there, and other classes", async () => {
  await using made = await make();
  const result = await made.answer([
    reference("1.1.1.1"),
    reference("1.1.1.2", CT),
    reference("9"),
  ]);
  assert.deepEqual(result, {
    transactionUid: "2.25.9",
    stored: [reference("1.1.1.1")],
    failed: [
      { ...reference("1.1.1.2", CT), reason: 0x0119 },
      { ...reference("9"), reason: 0x0112 },
    ],
  });
});

Deno.test("answer() reports a file that is gone or cut short as a processing failure", async () => {
  await using made = await make();
  const { server } = made;
  for await (const path of instanceFiles(server.folder)) {
    if ((await Deno.stat(path)).size === FILES[0]!.length) await Deno.truncate(path, 500);
  }
  const { failed } = await made.answer([reference("1.1.1.1")]);
  assert.deepEqual(failed, [{ ...reference("1.1.1.1"), reason: 0x0110 }]);
});

async function* instanceFiles(folder: string): AsyncGenerator<string> {
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (isDirectory) yield* instanceFiles(`${folder}/${name}`);
    else if (!name.startsWith("outpost.")) yield `${folder}/${name}`;
  }
}

Deno.test("answer() takes one of two patients' instances with the same UID for enough", async () => {
  await using made = await make();
  await made.server.upload(instanceFile({ PatientID: "OTHER", SOPClassUID: CT }));
  const { failed } = await made.answer([reference("1.1.1.1"), reference("1.1.1.1", CT)]);
  assert.equal(failed.length, 0);
});

Deno.test("receive() completes the report that was expected, and refuses others", async () => {
  await using made = await make();
  const { commitment } = made;
  commitment.expect("2.25.1", "REMOTE");
  assert.equal(commitment.report("2.25.1")?.status, "Pending");
  const stored = [reference("1")];
  const failed = [{ ...reference("2"), reason: 0x0112 }];
  commitment.receive({ transactionUid: "2.25.1", stored, failed: [] });
  assert.equal(commitment.report("2.25.1")?.status, "Success");
  commitment.receive({ transactionUid: "2.25.1", stored, failed });
  assert.deepEqual(commitment.report("2.25.1"), {
    remoteAet: "REMOTE",
    status: "Failure",
    stored,
    failed,
  });
  const unknown = { transactionUid: "2.25.2", stored, failed };
  assert.throws(() => commitment.receive(unknown), { code: "unknown-resource" });
});

Deno.test("only the newest reports are kept, and those that were not asked for after all are not", async () => {
  await using made = await make(2);
  for (const uid of ["1", "2", "3"]) made.commitment.expect(uid, "REMOTE");
  assert.equal(made.commitment.report("1"), undefined);
  assert.notEqual(made.commitment.report("2"), undefined);
  made.commitment.forget("2");
  assert.equal(made.commitment.report("2"), undefined);
});

Deno.test("describeFailure() has a text for every reason", () => {
  assert.match(describeFailure(0x0112), /was not available/);
  assert.equal(describeFailure(0x7777), "Unknown failure reason");
});
