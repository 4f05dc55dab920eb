import type { Clock } from "../ports.ts";

/** Events kept for clients that come back. */
const KEPT = 10_000;

/** Types of events. */
export type RelayEventType =
  | "instance.received"
  | "series.stable"
  | "duty.state"
  | "destination.state"
  | "disk.state";

/** Something that happened. */
export interface RelayEvent {
  readonly id: number;
  readonly type: RelayEventType;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly data: Readonly<Record<string, unknown>>;
}

/** What happens in the relay, as it happens. */
export interface RelayEvents {
  emit(type: RelayEventType, data: RelayEvent["data"]): void;
  /** Number of the newest event. */
  readonly last: number;
  /** Yields what came after event `since`, as far as it is kept, and then what comes, until `signal` aborts. */
  follow(since: number, signal: AbortSignal): AsyncGenerator<readonly RelayEvent[]>;
}

/**
 * Makes the list of events. Numbers start at the time of the start, so that those of an earlier process are smaller.
 */
export function createRelayEvents(clock: Pick<Clock, "now">): RelayEvents {
  const ring: RelayEvent[] = [];
  const followers = new Set<() => void>();
  let last = clock.now() * 1000;

  return {
    get last() {
      return last;
    },
    emit(type, data) {
      ring[++last % KEPT] = { id: last, type, at: clock.now(), data };
      for (const wake of followers) wake();
    },
    async *follow(since, signal) {
      let news = Promise.withResolvers<void>();
      const wake = () => news.resolve();
      followers.add(wake);
      signal.addEventListener("abort", wake);
      try {
        for (let seen = since; !signal.aborted;) {
          news = Promise.withResolvers();
          const fresh = eventsAfter(ring, seen, last);
          if (fresh.length > 0) yield fresh;
          else await news.promise;
          seen = Math.max(seen, fresh.at(-1)?.id ?? 0);
        }
      } finally {
        followers.delete(wake);
        signal.removeEventListener("abort", wake);
      }
    },
  };
}

function eventsAfter(ring: readonly RelayEvent[], since: number, last: number): RelayEvent[] {
  const found: RelayEvent[] = [];
  for (let id = Math.max(since, last - KEPT) + 1; id <= last; id++) {
    const event = ring[id % KEPT];
    if (event?.id === id) found.push(event);
  }
  return found;
}
