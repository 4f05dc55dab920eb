import type { Clock } from "../ports.ts";
import type { Sender } from "../ports/destinations.ts";

/** A connection that nobody uses is closed after so long. */
const IDLE_MS = 5000;

/** The senders of a destination: each is used by one at a time. */
export interface Senders extends AsyncDisposable {
  /** One that is free, or a new one. @throws DicomError `not-found` if there is no such destination */
  take(): Sender;
  giveBack(sender: Sender): void;
  /** Closes the connection of one that failed. */
  discard(sender: Sender): void;
}

/** Makes the pool; the sender used last goes first, so that few connections are kept. */
export function createSenders(clock: Clock, open: () => Sender): Senders {
  const free: Sender[] = [];
  let timer: Disposable | undefined;
  let isDisposed = false;

  async function closeAll(): Promise<void> {
    timer?.[Symbol.dispose]();
    timer = undefined;
    await Promise.allSettled(free.splice(0).map((sender) => sender[Symbol.asyncDispose]()));
  }

  return {
    take: () => free.pop() ?? open(),
    giveBack(sender) {
      if (isDisposed) return void Promise.allSettled([sender[Symbol.asyncDispose]()]);
      free.push(sender);
      timer?.[Symbol.dispose]();
      timer = clock.schedule(clock.now() + IDLE_MS, () => void closeAll());
    },
    discard: (sender) => void Promise.allSettled([sender[Symbol.asyncDispose]()]),
    async [Symbol.asyncDispose]() {
      isDisposed = true;
      await closeAll();
    },
  };
}
