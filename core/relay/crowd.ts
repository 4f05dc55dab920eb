import type { Clock } from "../ports.ts";

/** How long few are sent at a time to a receiver that takes no more. */
const CROWDED_MS = 600_000;
/** How recent a success must be to say that the receiver works. */
const RECENT_MS = 20_000;

/** Finds out how many associations a receiver takes: some take one, and let others wait until it is over. */
export interface Crowd {
  /** How many deliveries may go on at the same time. */
  readonly most: number;
  succeeded(): void;
  /** A delivery got no answer, while so many others went on. */
  unanswered(others: number): void;
}

/** Makes the watch over a destination. @param maximum what is configured */
export function createCrowd(clock: Pick<Clock, "now">, maximum: number): Crowd {
  let limit = maximum;
  let until = 0;
  let succeededAt = -Infinity;
  return {
    get most() {
      return clock.now() < until ? limit : maximum;
    },
    succeeded() {
      succeededAt = clock.now();
    },
    unanswered(others) {
      const now = clock.now();
      if (now - succeededAt > RECENT_MS || others >= maximum) return;
      limit = Math.max(1, others);
      until = now + CROWDED_MS;
    },
  };
}
