import type { SelectedInstance } from "../../core/archive/query_retrieve/select.ts";
import { SOP_CLASS } from "../../core/dicom/sop_class.ts";
import { DicomError } from "../../core/errors.ts";
import type { OpenFile } from "../../core/ports.ts";
import { auditRetrieval } from "../audit_retrieval.ts";
import { CommandField, Priority } from "../command.ts";
import { fileDataSet } from "../file_data_set.ts";
import { readDataSet } from "../identifier.ts";
import type { AgreedContext } from "../negotiation.ts";
import type { DimseService, Request, ServiceContext } from "../service.ts";
import { Status } from "../status.ts";
import { losslessDataSet } from "../transcoded.ts";
import { subOperations } from "../sub_operations.ts";
import { cMove } from "./c_move.ts";

/** Retrieval over the same association, C-GET as SCP (PS3.4 Section C.4.3). */
export const cGet: DimseService = {
  name: "C-GET",
  commandField: CommandField.cGetRequest,
  sopClassUids: () => [SOP_CLASS.patientRootGet, SOP_CLASS.studyRootGet],
  permission: () => "get",
  isInterruptible: true,

  async *handle(request, context) {
    const { app } = context;
    const identifier = await readDataSet(request, app);
    const selection = await app.queryRetrieve.select(identifier);
    auditRetrieval(app, request, { what: "C-GET", selection });
    const isTranscoded = allowsTranscoding(request, context);
    let messageId = 0;
    yield* subOperations(request, selection, {
      ...context,
      async send(instance, file) {
        const { context: over, dataSet } = planOf(instance, file, { ...context, isTranscoded });
        messageId = messageId % 0xffff + 1;
        const response = await context.invoke({
          contextId: over.id,
          command: {
            commandField: CommandField.cStoreRequest,
            affectedSopClassUid: instance.sopClassUid,
            affectedSopInstanceUid: instance.sopInstanceUid,
            messageId,
            priority: request.command.priority ?? Priority.medium,
          },
          dataSet,
        });
        return response.status ?? Status.processingFailure;
      },
    });
  },

  /** PS3.4 Table C.4-3 has the same as C-MOVE. */
  failureStatus: (error) => cMove.failureStatus!(error),
};

function allowsTranscoding({ caller }: Request, { app }: ServiceContext): boolean {
  const known = app.modalities.findByAet(caller.aet, caller.ip);
  return app.config.transcodeDicomProtocol && (known?.modality.allowTranscoding ?? true);
}

/** The context to send over, where the requestor is SCP of the class, and the data set in its transfer syntax. */
function planOf(
  { sopClassUid, transferSyntaxUid: from }: SelectedInstance,
  file: OpenFile,
  { contexts, app, isTranscoded }: ServiceContext & { readonly isTranscoded: boolean },
): { readonly context: AgreedContext; readonly dataSet: AsyncIterable<Uint8Array> } {
  const fitting = [...contexts.values()].filter(({ abstractSyntaxUid, requestorRoles }) =>
    abstractSyntaxUid === sopClassUid && requestorRoles.scp
  );
  const same = fitting.find(({ transferSyntaxUid }) => transferSyntaxUid === from);
  if (same) return { context: same, dataSet: fileDataSet(file) };
  for (const context of isTranscoded ? fitting : []) {
    const to = context.transferSyntaxUid;
    const dataSet = losslessDataSet(app.transcoder, file, { from, to });
    if (dataSet) return { context, dataSet };
  }
  const what = `SOP class ${sopClassUid} in transfer syntax ${from}`;
  throw new DicomError("not-acceptable", `Cannot send: the requestor does not accept ${what}`);
}
