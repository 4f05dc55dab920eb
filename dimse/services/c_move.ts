import type { App } from "../../core/app.ts";
import type { Selection } from "../../core/archive/query_retrieve/select.ts";
import type { Modality } from "../../core/config/modality.ts";
import { SOP_CLASS } from "../../core/dicom/sop_class.ts";
import { DicomError } from "../../core/errors.ts";
import type { StorageKind, StoreSession } from "../../core/ports/dicom_client.ts";
import { remoteOf } from "../../core/remote_ae.ts";
import { auditRetrieval } from "../audit_retrieval.ts";
import { CommandField } from "../command.ts";
import { readDataSet } from "../identifier.ts";
import type { DimseService, Request, Response, ServiceContext } from "../service.ts";
import { Status, statusOf } from "../status.ts";
import { noneSent, SOME_FAILED, subOperations } from "../sub_operations.ts";

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
    auditRetrieval(app, request, { what: `C-MOVE to ${destination.aet}`, selection });
    if (selection.instances.length === 0) yield* nothingToSend(request, context, selection);
    else if (app.config.synchronousCMove) yield* move(request, context, { destination, selection });
    else yield submit(request, context, { destination, selection });
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

function nothingToSend(request: Request, context: ServiceContext, selection: Selection) {
  return subOperations(request, selection, { ...context, send: () => Promise.resolve(0) });
}

/** What is to be sent where. */
interface Move {
  readonly destination: Modality;
  readonly selection: Selection;
}

/**
 * Leaves the sending to a job (option `SynchronousCMove`). The requestor is told that all is done, as Orthanc does, but
 * for what is not here.
 */
function submit(
  { caller, command }: Request,
  { app }: ServiceContext,
  { destination, selection }: Move,
): Response {
  const { instances, missing } = selection;
  app.jobs.submit({
    type: "DicomModalityStore",
    input: {
      remote: remoteOf(destination, app.config),
      resources: instances.map(({ id }) => ({ level: "Instance", id })),
      instances: instances.map(({ id }) => id),
      kinds: kindsOf(selection),
      allowTranscoding: allowsTranscoding(destination, app),
      permissive: true,
      moveOriginator: { aet: caller.aet, messageId: command.messageId ?? 0 },
      commitmentUid: null,
    },
    priority: 0,
    userData: undefined,
  });
  return {
    status: missing.length === 0 ? Status.success : SOME_FAILED,
    command: {
      numberOfCompletedSubOperations: Math.min(instances.length, MOST_COUNTED),
      numberOfFailedSubOperations: Math.min(missing.length, MOST_COUNTED),
      numberOfWarningSubOperations: 0,
    },
  };
}

/** Counters are 16 bits wide. */
const MOST_COUNTED = 0xffff;

/** As far as the server, and this modality, have it. */
function allowsTranscoding({ allowTranscoding }: Modality, { config }: App): boolean {
  return allowTranscoding && config.transcodeDicomProtocol;
}

/** Sends over one association of its own; where that cannot be had, all sub-operations have failed. */
async function* move(
  request: Request,
  context: ServiceContext,
  { destination, selection }: Move,
): AsyncGenerator<Response> {
  const { app } = context;
  const { caller, command } = request;
  let opened: StoreSession;
  try {
    opened = await app.client.openStore(remoteOf(destination, app.config), {
      kinds: kindsOf(selection),
      allowTranscoding: allowsTranscoding(destination, app),
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
