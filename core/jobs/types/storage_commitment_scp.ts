import type { DicomError } from "../../errors.ts";
import type { RemoteAe } from "../../ports/dicom_client.ts";
import { type CommitmentRequest, defineJob } from "../job.ts";

/** What to report to whom. */
export interface StorageCommitmentScp extends CommitmentRequest {
  readonly remote: RemoteAe;
}

interface Tried {
  readonly attempts: number;
}

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
/** Before each attempt but the first; the last time holds for all that follow. */
const WAITS_MS = [
  10 * SECOND_MS,
  MINUTE_MS,
  5 * MINUTE_MS,
  15 * MINUTE_MS,
  60 * MINUTE_MS,
] as const;
/** It is given up after some two days. */
const MOST_ATTEMPTS = 50;

/**
 * Looks which instances are safe, and reports that to who asked by N-ACTION (Orthanc's `StorageCommitmentScp`). A
 * remote that cannot be reached is tried again.
 */
export const storageCommitmentScp = defineJob<StorageCommitmentScp, Tried>({
  start: () => ({ attempts: 0 }),

  async *run({ input, state }, { commitment, signal }) {
    yield { attempts: state.attempts + 1 };
    await commitment.answer(input.remote, input, signal);
  },

  retryInMs({ state: { attempts } }, failure) {
    if (!isUnreachable(failure) || attempts >= MOST_ATTEMPTS) return undefined;
    return WAITS_MS[attempts - 1] ?? WAITS_MS.at(-1);
  },

  progress: () => 0,

  content: ({ input, state }) => ({
    Attempts: state.attempts,
    CalledAet: input.remote.callingAet,
    Description: "Storage commitment SCP",
    RemoteAet: input.remote.calledAet,
    TransactionUid: input.transactionUid,
  }),
});

/** Not where the remote has heard the report and refuses it. */
function isUnreachable({ code, dimseStatus }: DicomError): boolean {
  return dimseStatus === undefined && (code === "network" || code === "timeout");
}
