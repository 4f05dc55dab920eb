import type { App } from "../../core/app.ts";
import type { AssociationNotes } from "../../core/associations.ts";
import { DicomError } from "../../core/errors.ts";
import type { Caller } from "../../core/modalities.ts";
import type { Association } from "../association.ts";
import { CommandField, type KnownCommand } from "../command.ts";
import type { Message } from "../message.ts";
import type { AgreedContext } from "../negotiation.ts";
import type { DimseService, Request, Response } from "../service.ts";
import { SERVICES } from "../services.ts";
import { Status, statusOf } from "../status.ts";

/** An association that is served. */
export interface Served {
  readonly app: App;
  readonly association: Association;
  readonly caller: Caller;
  readonly calledAet: string;
  readonly notes: AssociationNotes;
}

/** Longest identifier of a query or retrieval, in bytes. */
const MAXIMUM_IDENTIFIER = 4 * 1024 * 1024;

const BY_COMMAND: ReadonlyMap<number, DimseService> = new Map(
  SERVICES.map((service) => [service.commandField, service]),
);

/**
 * Carries out one command and sends its responses; a failure of the service is answered.
 *
 * @throws DicomError `network` or `timeout` if the association ends
 */
export async function dispatch(served: Served, message: Message): Promise<void> {
  const { association, notes } = served;
  const { commandField } = message.command;
  if (commandField === CommandField.cCancelRequest) return; // of an operation that is over
  if (commandField & CommandField.response) {
    return association.abort("the remote sent a response that nobody waits for");
  }
  const context = association.contexts.get(message.contextId)!; // others are not let through
  const service = BY_COMMAND.get(commandField);
  const refusal = refuse(served, { service, context });
  if (refusal) {
    const name = service?.name ?? `0x${commandField.toString(16).padStart(4, "0")}`;
    notes.refused(name, refusal);
    const { status, reason } = refusal;
    return await respond(association, message, { status, command: { errorComment: reason } });
  }
  if (!service) return;
  notes.command(service.name);
  await perform(served, service, { ...message, ...served, context });
}

interface CommandRefusal {
  readonly status: number;
  readonly reason: string;
  readonly remedy: string;
}

function refuse(
  { app, caller }: Served,
  { service, context }: {
    readonly service: DimseService | undefined;
    readonly context: AgreedContext;
  },
): CommandRefusal | undefined {
  const no = { reason: "", remedy: "" };
  if (!service) return { ...no, status: Status.unrecognizedOperation, reason: "no such service" };
  const { abstractSyntaxUid, requestorRoles } = context;
  const hasRole = requestorRoles.scu || service.isFromScp === true;
  if (!isServedBy(service, abstractSyntaxUid, app) || !hasRole) {
    const reason = `${service.name} is not for this presentation context`;
    return { ...no, status: Status.sopClassNotSupported, reason };
  }
  const permission = app.modalities.permits(service.permission(abstractSyntaxUid), caller);
  return permission.allowed ? undefined : { ...permission, status: Status.notAuthorized };
}

/** A SOP class that no service names is one of storage, as negotiated. */
function isServedBy(service: DimseService, sopClassUid: string, { config }: App): boolean {
  const owners = SERVICES.filter((other) => other.sopClassUids(config).includes(sopClassUid));
  if (owners.length > 0) return owners.includes(service);
  return service.commandField === CommandField.cStoreRequest;
}

async function perform(served: Served, service: DimseService, request: Request): Promise<void> {
  const { app, association } = served;
  try {
    const responses = service.isInterruptible
      ? interruptible(served, service, request)
      : service.handle(request, {
        app,
        contexts: association.contexts,
        signal: association.signal,
        invoke: () => Promise.reject(new DicomError("bad-sequence-of-calls", "Cannot invoke now")),
      });
    for await (const response of responses) await respond(association, request, response);
  } catch (error) {
    if (association.ending) throw error;
    report(served, service, error);
    const status = service.failureStatus?.(error) ?? statusOf(error);
    await respond(association, request, { status, command: { errorComment: commentOf(error) } });
  }
}

/** Serves a request whose data set is read before, while C-CANCEL is listened for. */
async function* interruptible(
  { app, association }: Served,
  service: DimseService,
  request: Request,
): AsyncGenerator<Response> {
  const dataSet = request.dataSet && oneChunk(await readAll(request.dataSet));
  using watch = association.watch(request.command.messageId);
  yield* service.handle({ ...request, dataSet }, {
    app,
    contexts: association.contexts,
    signal: watch.signal,
    async invoke(message) {
      await association.send(message);
      return (await watch.response()).command;
    },
  });
}

/** @throws DicomError `too-large` */
async function readAll(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let size = 0;
  for await (const chunk of chunks) {
    size += chunk.length;
    if (size > MAXIMUM_IDENTIFIER) {
      throw new DicomError(
        "too-large",
        `Cannot read identifier: more than ${MAXIMUM_IDENTIFIER} bytes`,
      );
    }
    parts.push(chunk.slice());
  }
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}

async function* oneChunk(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

function respond(association: Association, request: Message, response: Response): Promise<void> {
  const { contextId, command } = request;
  const { status, dataSet, command: more } = response;
  return association.send({
    contextId,
    command: { ...responseTo(command), status, ...more },
    ...(dataSet && { dataSet: [dataSet] }),
  });
}

/** What each response repeats of its request (PS3.7 Sections 9.3 and 10.3). */
function responseTo(command: KnownCommand): KnownCommand {
  return {
    affectedSopClassUid: command.affectedSopClassUid ?? command.requestedSopClassUid,
    affectedSopInstanceUid: command.affectedSopInstanceUid ?? command.requestedSopInstanceUid,
    commandField: command.commandField | CommandField.response,
    messageIdBeingRespondedTo: command.messageId ?? 0,
    eventTypeId: command.eventTypeId,
    actionTypeId: command.actionTypeId,
  };
}

/** For the remote: what a message of ours says, nothing of unexpected failures. */
function commentOf(error: unknown): string {
  return error instanceof DicomError ? error.message : "Internal error";
}

function report({ app, caller }: Served, service: DimseService, error: unknown): void {
  const isOurs = !(error instanceof DicomError) || error.code === "internal";
  app.logs.of("dicom")(isOurs ? "error" : "warning", `${service.name} failed`, {
    callingAet: caller.aet,
    remoteIp: caller.ip,
    error: isOurs && error instanceof Error ? error.stack : String(error),
  });
}
