import { SOP_CLASS } from "../../core/dicom/sop_class.ts";
import { DicomError } from "../../core/errors.ts";
import { CommandField } from "../command.ts";
import { encodeAnswer, readDataSet } from "../identifier.ts";
import type { DimseService } from "../service.ts";
import { Status, statusOf } from "../status.ts";

/** Queries of the archive (PS3.4 Section C.4.1) and of worklists (Section K.4.1), C-FIND as SCP. */
export const cFind: DimseService = {
  name: "C-FIND",
  commandField: CommandField.cFindRequest,
  sopClassUids: ({ worklists }) => [
    SOP_CLASS.patientRootFind,
    SOP_CLASS.studyRootFind,
    ...(worklists?.enable ? [SOP_CLASS.worklistFind] : []),
  ],
  permission: (sopClassUid) => isWorklist(sopClassUid) ? "findWorklist" : "find",
  isInterruptible: true,

  async *handle(request, { app, signal }) {
    const identifier = await readDataSet(request, app);
    const steps = isWorklist(request.context.abstractSyntaxUid)
      ? app.worklists!.find(identifier, request.caller.aet) // else the class is not negotiated
      : app.queryRetrieve.find(identifier);
    for await (const step of steps) {
      if (signal.aborted || step.kind === "limited") return yield { status: Status.cancel };
      yield { status: Status.pending, dataSet: encodeAnswer(step.dataSet, request) };
    }
    yield { status: signal.aborted ? Status.cancel : Status.success };
  },

  /** PS3.4 Table C.4-1. */
  failureStatus(error) {
    if (!(error instanceof DicomError)) return Status.cannotUnderstand;
    if (error.code === "missing-tag") return Status.dataSetDoesNotMatchSopClass;
    const status = statusOf(error);
    return status < 0xa000 ? Status.cannotUnderstand : status;
  },
};

function isWorklist(sopClassUid: string): boolean {
  return sopClassUid === SOP_CLASS.worklistFind;
}
