import { DicomError } from "../../core/errors.ts";
import { CommandField } from "../command.ts";
import type { Message } from "../message.ts";
import { endedError, type Ending } from "./ending.ts";

/** Watches what arrives while an operation goes on; disposal ends that, nothing is lost. */
export interface Watch extends Disposable {
  /** Aborts on C-CANCEL of the operation, and with the association. */
  readonly signal: AbortSignal;
  /**
   * The next response of the remote, to what was sent meanwhile.
   *
   * @throws DicomError `network` or `timeout` if none comes
   */
  response(): Promise<Message>;
}

/** What a watch needs of its association. */
export interface Watched {
  readonly association: { readonly signal: AbortSignal; readonly ending: Ending | undefined };
  /** The message that is arriving; the same until it is taken. */
  arrival(): Promise<Message | undefined>;
  taken(): void;
  expect(): void;
  expectNothing(): void;
  over(): void;
}

/** Starts to watch what arrives while the operation of `messageId` goes on. */
export function watchArrivals(messageId: number | undefined, watched: Watched): Watch {
  const { association } = watched;
  const cancelled = new AbortController();
  const responses: Message[] = [];
  let told = () => {};
  let isOver = false;

  /** @returns whether more may come for the operation */
  function sort(message: Message): boolean {
    const { commandField, messageIdBeingRespondedTo } = message.command;
    if (commandField === CommandField.cCancelRequest) {
      if (messageIdBeingRespondedTo === messageId) cancelled.abort(cancellation());
    } else if (commandField & CommandField.response) responses.push(message);
    else return false; // the next request waits for its turn
    watched.taken();
    return true;
  }

  async function read(): Promise<void> {
    for (;;) {
      const message = await watched.arrival().catch(() => undefined);
      if (isOver || !message || !sort(message)) break;
      told();
    }
    isOver = true;
    told();
  }

  read();
  return {
    signal: AbortSignal.any([cancelled.signal, association.signal]),
    async response() {
      watched.expect();
      while (responses.length === 0) {
        if (association.ending) throw endedError(association.ending);
        if (isOver) throw new DicomError("network", "Cannot go on: the remote sends no response");
        await new Promise<void>((resolve) => told = resolve);
      }
      watched.expectNothing();
      return responses.shift()!;
    },
    [Symbol.dispose]() {
      isOver = true;
      watched.over();
    },
  };
}

function cancellation(): DicomError {
  return new DicomError("network", "Cannot go on with the operation: the remote cancelled it");
}
