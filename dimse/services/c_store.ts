import { encodeFileMeta } from "../../core/dicom/file_meta.ts";
import { DicomError } from "../../core/errors.ts";
import { CommandField } from "../command.ts";
import type { DimseService, Request } from "../service.ts";
import { Status, statusOf, STORE_STATUS } from "../status.ts";

/** Storage Service Class, C-STORE as SCP (PS3.4 Annex B, PS3.7 Section 9.1.1). */
export const cStore: DimseService = {
  name: "C-STORE",
  commandField: CommandField.cStoreRequest,
  sopClassUids: () => [],
  permission: () => "store",
  isInterruptible: false,

  async *handle(request, { app }) {
    const { caller, calledAet, command } = request;
    const outcome = await app.receive(part10(request), {
      kind: "dicom",
      remoteAet: caller.aet,
      calledAet,
      remoteIp: caller.ip,
      sopClassUid: command.affectedSopClassUid ?? "",
      sopInstanceUid: command.affectedSopInstanceUid ?? "",
    });
    const { moveOriginatorApplicationEntityTitle: aet, moveOriginatorMessageId } = command;
    if (aet !== undefined && moveOriginatorMessageId !== undefined) {
      app.client.arrived({ aet, messageId: moveOriginatorMessageId }, outcome.ids.Instance);
    }
    yield { status: STORE_STATUS[outcome.kind] };
  },

  /** PS3.4 Table B.2-1 has no status for failures of the server but that resources are lacking. */
  failureStatus(error) {
    const status = statusOf(error);
    return status === Status.processingFailure ? Status.outOfResources : status;
  },
};

/** The instance as a file (PS3.10), streamed: new file meta information, then the data set as it comes. */
async function* part10({ command, context, caller, dataSet }: Request): AsyncGenerator<Uint8Array> {
  const { affectedSopClassUid, affectedSopInstanceUid } = command;
  if (!affectedSopClassUid || !affectedSopInstanceUid || !dataSet) {
    throw new DicomError("bad-request", "Cannot store: the command lacks a UID or the data set");
  }
  yield encodeFileMeta({
    sopClassUid: affectedSopClassUid,
    sopInstanceUid: affectedSopInstanceUid,
    transferSyntaxUid: context.transferSyntaxUid,
    sourceAet: caller.aet,
  });
  yield* dataSet;
}
