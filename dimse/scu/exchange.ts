import { DicomError } from "../../core/errors.ts";
import { type Command, CommandField, type KnownCommand } from "../command.ts";
import type { Message } from "../message.ts";
import type { Link } from "./link.ts";

/** A request to a remote; Message ID is filled in unless it is there. */
export interface Request {
  readonly contextId: number;
  readonly command: KnownCommand;
  readonly dataSet?: AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
}

/** A response with its status; a pending one is followed by others. */
export interface Response extends Message {
  readonly status: number;
}

/** How to go through several responses. */
export interface ConverseOptions {
  readonly signal: AbortSignal;
  /** Performs what the remote asks for meanwhile, as the sub-operations of C-GET. */
  readonly serve?: (message: Message) => Promise<void>;
}

/** Most bytes of a data set that is taken into memory. */
const MAXIMUM_DATA_SET_SIZE = 0x1000000;
/** How long a remote may take to heed C-CANCEL. */
const CANCELLING_MS = 5_000;

/** Whether more responses follow (PS3.7 Section C.1). */
export function isPending(status: number): boolean {
  return status === 0xff00 || status === 0xff01;
}

/**
 * Sends a request that has one response.
 *
 * @throws DicomError `network` or `timeout` if the association ends; the reason of `signal`, the association is aborted then
 */
export async function ask(link: Link, request: Request, signal: AbortSignal): Promise<Response> {
  signal.throwIfAborted();
  const messageId = link.nextMessageId();
  const abort = () => link.association.abort("this side gave it up");
  signal.addEventListener("abort", abort, { once: true });
  try {
    await send(link, request, messageId);
    const message = await link.association.receive();
    if (!message) throw closedError(link);
    return responseTo(link, message, { request, messageId });
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    signal.removeEventListener("abort", abort);
  }
}

/**
 * Sends a request and yields its responses, the last one too. When `signal` aborts, or the caller wants no more, the
 * remote is asked to cancel.
 *
 * @throws DicomError `network` or `timeout` if the association ends; the reason of `signal`
 */
export async function* converse(
  link: Link,
  request: Request,
  { signal, serve }: ConverseOptions,
): AsyncGenerator<Response> {
  signal.throwIfAborted();
  const messageId = request.command.messageId ?? link.nextMessageId();
  using canceller = cancelWith(link, { request, messageId, signal });
  let isOver = false;
  const next = async (): Promise<Response> => {
    for (;;) {
      const message = await link.association.receive();
      if (!message) throw closedError(link);
      if (message.command.commandField & CommandField.response) {
        return responseTo(link, message, { request, messageId });
      }
      if (!serve) throw disorder(link, "a request");
      await serve(message);
    }
  };
  try {
    await send(link, request, messageId);
    while (!isOver) {
      const response = await next();
      isOver = !isPending(response.status);
      if (isOver) signal.throwIfAborted();
      if (!signal.aborted) yield response;
    }
  } catch (error) {
    isOver = true;
    signal.throwIfAborted();
    throw error;
  } finally {
    if (!isOver) {
      canceller.cancel();
      await drain(next).catch(() => {}); // the association has ended then
    }
  }
}

/** Passes over what is left of the responses. */
async function drain(next: () => Promise<Response>): Promise<void> {
  while (isPending((await next()).status));
}

/** All of a data set. @throws DicomError `network` if it is longer than is taken into memory */
export async function collect(dataSet: AsyncIterable<Uint8Array> | undefined): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of dataSet ?? []) {
    size += chunk.length;
    if (size > MAXIMUM_DATA_SET_SIZE) {
      throw new DicomError("network", `Cannot take data set: it has more than ${size} bytes`);
    }
    parts.push(chunk.slice());
  }
  return new Uint8Array(await new Blob(parts as Uint8Array<ArrayBuffer>[]).arrayBuffer());
}

/** Throws unless `status` is success. */
export function checkStatus(service: string, link: Link, { status, command }: Response): void {
  if (status !== 0x0000) throw statusError(service, link, { status, command });
}

/** What is said of a remote that refuses. */
export function statusError(
  service: string,
  { remote }: Link,
  { status, command }: { readonly status: number; readonly command: Command },
): DicomError {
  const code = `0x${status.toString(16).padStart(4, "0").toUpperCase()}`;
  const comment = command.errorComment ? ` (${printable(command.errorComment)})` : "";
  const message =
    `${service} SCU to AET "${remote.calledAet}" has failed with DIMSE status ${code}`;
  return new DicomError("network", message + comment, { dimseStatus: status });
}

/** Sends C-CANCEL at most once, when told or when `signal` aborts; a remote that does not heed it is left. */
function cancelWith(
  link: Link,
  { request, messageId, signal }: {
    readonly request: Request;
    readonly messageId: number;
    readonly signal: AbortSignal;
  },
): Disposable & { cancel(): void } {
  let timer: Disposable | undefined;
  const cancel = () => {
    if (timer) return;
    const due = link.clock.now() + CANCELLING_MS;
    timer = link.clock.schedule(due, () => link.association.abort("C-CANCEL was not heeded"));
    const command = {
      commandField: CommandField.cCancelRequest,
      messageIdBeingRespondedTo: messageId,
    };
    link.association.send({ contextId: request.contextId, command }).catch(() => {});
  };
  signal.addEventListener("abort", cancel, { once: true });
  return {
    cancel,
    [Symbol.dispose]() {
      timer?.[Symbol.dispose]();
      signal.removeEventListener("abort", cancel);
    },
  };
}

function send(link: Link, request: Request, messageId: number): Promise<void> {
  return link.association.send({ ...request, command: { ...request.command, messageId } });
}

function responseTo(
  link: Link,
  message: Message,
  { request, messageId }: { readonly request: Request; readonly messageId: number },
): Response {
  const { commandField, messageIdBeingRespondedTo, status } = message.command;
  const isAnswer = commandField === (request.command.commandField | CommandField.response) &&
    messageIdBeingRespondedTo === messageId && status !== undefined;
  if (!isAnswer) throw disorder(link, "a response to something else");
  return { ...message, status };
}

function disorder(link: Link, fact: string): DicomError {
  link.association.abort(`the remote sent ${fact}`);
  return new DicomError(
    "network",
    `Cannot talk to AET "${link.remote.calledAet}": it sent ${fact}`,
  );
}

function closedError({ remote }: Link): DicomError {
  return new DicomError(
    "network",
    `Cannot talk to AET "${remote.calledAet}": it ended the association`,
  );
}

/** Remotes write what they like. */
function printable(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, "?");
}
