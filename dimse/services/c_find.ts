import { SOP_CLASS } from "../../core/dicom/sop_class.ts";
import { DicomError } from "../../core/errors.ts";
import { CommandField } from "../command.ts";
import { encodeAnswer, readDataSet } from "../identifier.ts";
import type { DimseService } from "../service.ts";
import { Status, statusOf } from "../status.ts";

/** Query of the Patient Root and Study Root models, C-FIND as SCP (PS3.4 Section C.4.1). */
export const cFind: DimseService = {
  name: "C-FIND",
  commandField: CommandField.cFindRequest,
  sopClassUids: () => [SOP_CLASS.patientRootFind, SOP_CLASS.studyRootFind],
  permission: () => "find",
  isInterruptible: true,

  async *handle(request, { app, signal }) {
    const identifier = await readDataSet(request, app);
    for await (const step of app.queryRetrieve.find(identifier)) {
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
