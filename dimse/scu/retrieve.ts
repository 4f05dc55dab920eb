import type { NewDataSet } from "../../core/dicom/new_data_set.ts";
import { SOP_CLASS } from "../../core/dicom/sop_class.ts";
import type { RemoteAe, SubOperations } from "../../core/ports/dicom_client.ts";
import { type Command, CommandField, type KnownCommand, Priority } from "../command.ts";
import type { Message } from "../message.ts";
import { converse, isPending, type Response, statusError } from "./exchange.ts";
import { encodeIdentifier, type TextOptions } from "./identifier.ts";
import type { Arrivals } from "./arrivals.ts";
import type { Link } from "./link.ts";

/** An instance that a remote sends because it was asked for by C-GET. */
export interface ReceivedInstance {
  readonly sopClassUid: string;
  readonly sopInstanceUid: string;
  readonly transferSyntaxUid: string;
  readonly remote: RemoteAe;
  /** Without file meta information; a chunk is good until the next is asked for. */
  readonly dataSet: AsyncIterable<Uint8Array>;
}

/** What became of it. */
export interface Reception {
  /** To answer with (PS3.4 Table B.2-1). */
  readonly status: number;
  /** Public identifier, where it is in the archive. */
  readonly instanceId?: string;
}

/** Takes an instance into the archive; says by a status what it cannot do. */
export type Receive = (instance: ReceivedInstance) => Promise<Reception>;

/** What to retrieve. */
export interface RetrieveOptions extends TextOptions {
  readonly identifier: NewDataSet;
  readonly signal: AbortSignal;
}

/** Statuses where what the remote sent cannot be stored (PS3.7 Annex C). */
const NO_SUCH_SOP_CLASS = 0x0122;
const PROCESSING_FAILURE = 0x0110;

/**
 * C-MOVE in the Study Root model: the sub-operations so far, once a response (PS3.7 Section 9.1.4).
 *
 * @throws DicomError `network` or `timeout`; with `dimseStatus` unless all sub-operations succeeded; the reason of `signal`
 */
export async function* move(
  link: Link,
  options: RetrieveOptions & {
    readonly destinationAet: string;
    readonly received: (instanceId: string) => void;
    readonly arrivals: Arrivals;
  },
): AsyncGenerator<SubOperations> {
  const { received, arrivals } = options;
  using expected = arrivals.expect(link.remote.callingAet, received);
  const command = {
    messageId: expected.messageId,
    commandField: CommandField.cMoveRequest,
    affectedSopClassUid: SOP_CLASS.studyRootMove,
    priority: Priority.medium,
    moveDestination: options.destinationAet,
  };
  yield* progress("C-MOVE", link, { command, options });
}

/**
 * C-GET in the Study Root model, as `move()`; what arrives goes to `receive` (PS3.7 Section 9.1.3).
 *
 * @throws as `move()`
 */
export async function* get(
  link: Link,
  options: RetrieveOptions & {
    readonly receive: Receive;
    readonly received: (instanceId: string) => void;
  },
): AsyncGenerator<SubOperations> {
  const command = {
    commandField: CommandField.cGetRequest,
    affectedSopClassUid: SOP_CLASS.studyRootGet,
    priority: Priority.medium,
  };
  const serve = async (message: Message) => {
    const { status, instanceId } = await take(link, message, options.receive);
    await answer(link, message, status);
    if (instanceId !== undefined) options.received(instanceId);
  };
  yield* progress("C-GET", link, { command, options, serve });
}

async function* progress(
  service: string,
  link: Link,
  { command, options, serve }: {
    readonly command: KnownCommand & { readonly affectedSopClassUid: string };
    readonly options: RetrieveOptions;
    readonly serve?: (message: Message) => Promise<void>;
  },
): AsyncGenerator<SubOperations> {
  const context = link.contextOf(command.affectedSopClassUid);
  const dataSet = encodeIdentifier(options.identifier, context, options);
  const request = { contextId: context.id, command, dataSet };
  const { signal } = options;
  for await (const response of converse(link, request, { signal, ...(serve && { serve }) })) {
    if (hasCounters(response)) yield countersOf(response.command);
    if (!isPending(response.status) && response.status !== 0x0000) {
      throw statusError(service, link, response);
    }
  }
}

function hasCounters({ command }: Response): boolean {
  return command.numberOfCompletedSubOperations !== undefined;
}

function countersOf(command: Command): SubOperations {
  return {
    remaining: command.numberOfRemainingSubOperations ?? 0,
    completed: command.numberOfCompletedSubOperations ?? 0,
    failed: command.numberOfFailedSubOperations ?? 0,
    warning: command.numberOfWarningSubOperations ?? 0,
  };
}

/** A sub-operation of C-GET. */
async function take(link: Link, message: Message, receive: Receive): Promise<Reception> {
  const { commandField, affectedSopClassUid, affectedSopInstanceUid } = message.command;
  const context = link.association.contexts.get(message.contextId);
  if (commandField !== CommandField.cStoreRequest || !message.dataSet) {
    return { status: PROCESSING_FAILURE };
  }
  if (!context?.requestorRoles.scp || context.abstractSyntaxUid !== affectedSopClassUid) {
    return { status: NO_SUCH_SOP_CLASS };
  }
  return await receive({
    sopClassUid: affectedSopClassUid,
    sopInstanceUid: affectedSopInstanceUid ?? "",
    transferSyntaxUid: context.transferSyntaxUid,
    remote: link.remote,
    dataSet: message.dataSet,
  });
}

async function answer(link: Link, { contextId, command }: Message, status: number): Promise<void> {
  await link.association.send({
    contextId,
    command: {
      commandField: command.commandField | CommandField.response,
      affectedSopClassUid: command.affectedSopClassUid,
      messageIdBeingRespondedTo: command.messageId,
      affectedSopInstanceUid: command.affectedSopInstanceUid,
      status,
    },
  });
}
