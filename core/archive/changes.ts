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
  let next = Promise.withResolvers<void>();

  return {
    notify() {
      next.resolve();
      next = Promise.withResolvers();
    },

    async *follow(since, signal) {
      const aborted = new Promise<void>((resolve) =>
        signal.addEventListener("abort", () => resolve(), { once: true })
      );
      let last = since;
      while (!signal.aborted) {
        const news = next.promise; // taken before reading: what is logged meanwhile wakes us
        const { changes } = await index.changes({
          since: last,
          to: undefined,
          limit: BATCH,
          types: [],
        });
        if (changes.length > 0) {
          yield changes;
          last = changes.at(-1)!.seq;
        } else await Promise.race([news, aborted]);
      }
    },
  };
}
