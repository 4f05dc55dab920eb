import { SOP_CLASS } from "../../core/dicom/sop_class.ts";
import { CommandField } from "../command.ts";
import { readDataSet } from "../identifier.ts";
import type { DimseService } from "../service.ts";
import { Status } from "../status.ts";
import { failuresOf, referencesOf, transactionUidOf } from "../commitment_data.ts";

/** Storage Commitment Push Model, N-EVENT-REPORT as SCU: a remote reports (PS3.4 Section J.3.3). */
export const nEventReport: DimseService = {
  name: "N-EVENT-REPORT",
  commandField: CommandField.nEventReportRequest,
  sopClassUids: () => [SOP_CLASS.storageCommitmentPush],
  permission: () => "eventReport",
  isFromScp: true,
  isInterruptible: true,

  async *handle(request, { app }) {
    const information = await readDataSet(request, app);
    app.commitment.receive({
      transactionUid: transactionUidOf(information),
      stored: referencesOf(information),
      failed: failuresOf(information),
    });
    yield { status: Status.success };
  },
};
