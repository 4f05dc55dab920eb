import { SOP_CLASS } from "../../core/dicom/sop_class.ts";
import { CommandField } from "../command.ts";
import type { DimseService } from "../service.ts";
import { Status } from "../status.ts";

/** Verification Service Class, C-ECHO as SCP (PS3.4 Annex A). */
export const cEcho: DimseService = {
  name: "C-ECHO",
  commandField: CommandField.cEchoRequest,
  sopClassUids: () => [SOP_CLASS.verification],
  permission: () => "echo",
  isInterruptible: false,

  async *handle() {
    yield { status: Status.success };
  },
};
