import type { App } from "../../core/app.ts";
import { SOP_CLASS, STORAGE_COMMITMENT_INSTANCE_UID } from "../../core/dicom/sop_class.ts";
import { DicomError } from "../../core/errors.ts";
import { remoteOf } from "../../core/remote_ae.ts";
import { CommandField } from "../command.ts";
import { readDataSet } from "../identifier.ts";
import type { DimseService, Request } from "../service.ts";
import { Status } from "../status.ts";
import { referencesOf, transactionUidOf } from "../commitment_data.ts";

/** "Request Storage Commitment" (PS3.4 Table J.3-1). */
const REQUEST_COMMITMENT = 1;
const NO_SUCH_SOP_INSTANCE = 0x0112;
const NO_SUCH_ACTION = 0x0123;
/** Requests that are not answered yet. */
const MOST_WAITING = 1000;

/**
 * Storage Commitment Push Model, N-ACTION as SCP (PS3.4 Section J.3.2). What is committed is told by a job over a new
 * association, to the address that is configured for the caller.
 */
export const nAction: DimseService = {
  name: "N-ACTION",
  commandField: CommandField.nActionRequest,
  sopClassUids: () => [SOP_CLASS.storageCommitmentPush],
  permission: () => "nAction",
  isInterruptible: true,

  async *handle(request, { app }) {
    checkAction(request);
    const { caller } = request;
    const information = await readDataSet(request, app);
    const known = app.modalities.findByAet(caller.aet, caller.ip);
    if (!known) {
      throw new DicomError("unauthorized", "Cannot commit: no address is known of the caller");
    }
    checkWaiting(app);
    const job = app.jobs.submit({
      type: "StorageCommitmentScp",
      input: {
        remote: remoteOf(known.modality, app.config),
        transactionUid: transactionUidOf(information),
        references: referencesOf(information),
      },
      priority: 0,
      userData: undefined,
    });
    await job.kept;
    yield { status: Status.success };
  },
};

/** A remote that gets no report asks again. */
function checkWaiting({ jobs }: App): void {
  const waiting = jobs.list().filter(({ type, completedAt }) =>
    type === "StorageCommitmentScp" && completedAt === undefined
  );
  if (waiting.length < MOST_WAITING) return;
  throw new DicomError("unavailable", `Cannot commit: ${MOST_WAITING} requests wait already`);
}

function checkAction({ command }: Request): void {
  if (command.requestedSopInstanceUid !== STORAGE_COMMITMENT_INSTANCE_UID) {
    throw new DicomError("bad-request", "Cannot commit: it is not the well-known instance", {
      dimseStatus: NO_SUCH_SOP_INSTANCE,
    });
  }
  if (command.actionTypeId !== REQUEST_COMMITMENT) {
    throw new DicomError("bad-request", "Cannot commit: there is no such action", {
      dimseStatus: NO_SUCH_ACTION,
    });
  }
}
