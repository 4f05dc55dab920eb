import type { Selection } from "../../core/archive/query_retrieve/select.ts";
import type { Modality } from "../../core/config/modality.ts";
import { SOP_CLASS } from "../../core/dicom/sop_class.ts";
import { DicomError } from "../../core/errors.ts";
import type { StorageKind, StoreSession } from "../../core/ports/dicom_client.ts";
import { remoteOf } from "../../core/remote_ae.ts";
import { CommandField } from "../command.ts";
import { readDataSet } from "../identifier.ts";
import type { DimseService, Request, Response, ServiceContext } from "../service.ts";
import { Status, statusOf } from "../status.ts";
import { noneSent, subOperations } from "../sub_operations.ts";

const DESTINATION_UNKNOWN = 0xa801;

/** Retrieval to another place, C-MOVE as SCP (PS3.4 Section C.4.2). */
export const cMove: DimseService = {
  name: "C-MOVE",
  commandField: CommandField.cMoveRequest,
  sopClassUids: () => [SOP_CLASS.patientRootMove, SOP_CLASS.studyRootMove],
  permission: () => "move",
  isInterruptible: true,

  async *handle(request, context) {
    const { app } = context;
    const identifier = await readDataSet(request, app);
    const destination = destinationOf(request, context);
    const selection = await app.queryRetrieve.select(identifier);
    yield* selection.instances.length === 0
      ? subOperations(request, selection, { ...context, send: () => Promise.resolve(0) })
      : move(request, context, { destination, selection });
  },

  /** PS3.4 Table C.4-2. */
  failureStatus(error) {
    if (!(error instanceof DicomError)) return Status.cannotUnderstand;
    const status = statusOf(error);
    return status < 0xa000 ? Status.cannotUnderstand : status;
  },
};

/** @throws DicomError with status 0xA801 if nobody has the AE title */
function destinationOf({ command }: Request, { app }: ServiceContext): Modality {
  const aet = command.moveDestination ?? "";
  const found = app.modalities.findByAet(aet);
  if (found) return found.modality;
  throw new DicomError("unknown-resource", `Cannot move to "${aet}": no modality has that AET`, {
    dimseStatus: DESTINATION_UNKNOWN,
  });
}

/** Sends over one association of its own; where that cannot be had, all sub-operations have failed. */
async function* move(
  request: Request,
  context: ServiceContext,
  { destination, selection }: { readonly destination: Modality; readonly selection: Selection },
): AsyncGenerator<Response> {
  const { app } = context;
  const { caller, command } = request;
  let opened: StoreSession;
  try {
    opened = await app.client.openStore(remoteOf(destination, app.config), {
      kinds: kindsOf(selection),
      allowTranscoding: destination.allowTranscoding && app.config.transcodeDicomProtocol,
      moveOriginator: { aet: caller.aet, messageId: command.messageId ?? 0 },
    }, NEVER);
  } catch (error) {
    if (!(error instanceof DicomError)) throw error;
    app.logs.of("dicom")("warning", "C-MOVE cannot reach its destination", {
      destination: destination.aet,
      error: error.message,
    });
    const response = noneSent(request, selection);
    yield { ...response, command: { ...response.command, errorComment: error.message } };
    return;
  }
  await using session = opened;
  yield* subOperations(request, selection, {
    ...context,
    send: (instance, file) => session.store({ ...instance, file }, NEVER),
  });
}

/** A cancelled retrieval ends between sub-operations, not within one; timeouts end what hangs. */
const NEVER = new AbortController().signal;

/** Each kind of instance once. */
function kindsOf({ instances }: Selection): StorageKind[] {
  const kinds = new Map<string, StorageKind>();
  for (const { sopClassUid, transferSyntaxUid } of instances) {
    kinds.set(`${sopClassUid} ${transferSyntaxUid}`, { sopClassUid, transferSyntaxUid });
  }
  return [...kinds.values()];
}
