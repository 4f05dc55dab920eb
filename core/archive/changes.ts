import type { Change, Index } from "../ports.ts";

/** Changes read from the index at a time by a stream. */
const BATCH = 100;

/** The live side of the log of changes. */
export interface ChangeFeed {
  /** Says that something may have been logged. */
  notify(): void;
  /**
   * Yields what is logged after number `since`, first what is there already, then what comes, until
   * `signal` is aborted.
   */
  follow(since: number, signal: AbortSignal): AsyncGenerator<readonly Change[]>;
}

/** Makes the feed over an index. */
export function createChangeFeed(index: Pick<Index, "changes">): ChangeFeed {
  const followers = new Set<() => void>();

  return {
    notify() {
      for (const wake of followers) wake();
    },

    async *follow(since, signal) {
      let news = Promise.withResolvers<void>();
      const wake = () => news.resolve();
      followers.add(wake);
      signal.addEventListener("abort", wake);
      try {
        for (let last = since; !signal.aborted;) {
          news = Promise.withResolvers(); // before reading: what is logged meanwhile wakes us
          const page = { since: last, to: undefined, limit: BATCH, types: [] };
          const { changes } = await index.changes(page);
          if (changes.length > 0) {
            yield changes;
            last = changes.at(-1)!.seq;
          } else if (!signal.aborted) await news.promise;
        }
      } finally {
        followers.delete(wake);
        signal.removeEventListener("abort", wake);
      }
    },
  };
}
