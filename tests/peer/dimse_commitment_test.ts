import assert from "node:assert/strict";
import type { CommitmentReport } from "../../core/commitment.ts";
import { remoteOf } from "../../core/remote_ae.ts";
import { listenDicom } from "../../dimse/scp.ts";
import { FILES, startFilled } from "../support/filled.ts";
import { ORTHANC_CHECK, startOrthanc } from "../support/orthanc.ts";
import { freePort, peerTest } from "../support/peer.ts";

const MR = "1.2.840.10008.5.1.4.1.1.4";
const CT = "1.2.840.10008.5.1.4.1.1.2";
const ANSWER_MS = 120_000;

/** Asks again until there is an answer. */
async function eventually<T>(ask: () => Promise<T | undefined>): Promise<T> {
  for (const until = Date.now() + ANSWER_MS; Date.now() < until;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error("Cannot go on: there was no answer");
}

/** A filled server and Orthanc, which know each other. */
async function both() {
  await using stack = new AsyncDisposableStack();
  const [ours, theirs] = [freePort(), freePort()];
  const server = stack.use(
    await startFilled({
      DicomPort: ours,
      DicomAet: "OUTPOST",
      DicomModalities: { orthanc: ["THEIRS", "127.0.0.1", theirs] },
    }),
  );
  stack.use(await listenDicom(server.app));
  const orthanc = stack.use(
    await startOrthanc({
      DicomPort: theirs,
      DicomAet: "THEIRS",
      DicomModalities: { outpost: ["OUTPOST", "127.0.0.1", ours] },
    }),
  );
  const running = stack.move();
  return { server, orthanc, [Symbol.asyncDispose]: () => running.disposeAsync() };
}

peerTest({
  name: "storage commitment: Orthanc asks, and is told what is stored and why the rest is not",
  needs: [ORTHANC_CHECK],
  async fn() {
    await using pair = await both();
    const body = {
      DicomInstances: [[MR, "1.1.1.1"], [CT, "1.1.1.2"], [MR, "9.9.9"]],
    };
    const asked = await pair.orthanc.request(
      "POST",
      "/modalities/outpost/storage-commitment",
      new TextEncoder().encode(JSON.stringify(body)),
    );
    const { Path } = await asked.json();
    const report = await eventually(async () => {
      const answer = await (await pair.orthanc.request("GET", Path)).json();
      return answer.Status === "Pending" ? undefined : answer;
    });
    assert.equal(report.Status, "Failure");
    assert.deepEqual(report.Success, [{ SOPClassUID: MR, SOPInstanceUID: "1.1.1.1" }]);
    const reasons = report.Failures.map((
      failure: { SOPInstanceUID: string; FailureReason: number },
    ) => [failure.SOPInstanceUID, failure.FailureReason]);
    assert.deepEqual(new Map(reasons), new Map([["1.1.1.2", 0x0119], ["9.9.9", 0x0112]]));
  },
});

peerTest({
  name: "storage commitment: Orthanc is asked, and its report arrives",
  needs: [ORTHANC_CHECK],
  async fn() {
    await using pair = await both();
    const { app } = pair.server;
    await pair.orthanc.request("POST", "/instances", FILES[0]!);
    const remote = remoteOf(app.modalities.get("orthanc")!, app.config);
    const references = [
      { sopClassUid: MR, sopInstanceUid: "1.1.1.1" },
      { sopClassUid: MR, sopInstanceUid: "9.9.9" },
    ];
    app.commitment.expect("2.25.1", remote.calledAet);
    await app.client.requestCommitment(
      remote,
      { transactionUid: "2.25.1", references },
      AbortSignal.timeout(ANSWER_MS),
    );
    const report = await eventually((): Promise<CommitmentReport | undefined> => {
      const known = app.commitment.report("2.25.1");
      return Promise.resolve(known?.status === "Pending" ? undefined : known);
    });
    assert.deepEqual(report, {
      remoteAet: "THEIRS",
      status: "Failure",
      stored: references.slice(0, 1),
      failed: [{ ...references[1]!, reason: 0x0112 }],
    });
  },
});
