import type { Ingest } from "./archive/ingest.ts";
import type { Clock } from "./ports.ts";

/** How long nothing must have come in for the server to count as quiet. */
const QUIET_MS = 500;

/** Whether something comes in, so that what has time can wait. */
export interface Activity {
  /** The same ingest, watched. */
  watch(ingest: Ingest): Ingest;
  /** Whether something is being taken in, or was a moment ago. */
  isBusy(): boolean;
}

/** Makes the watch. */
export function createActivity(clock: Pick<Clock, "uptime">): Activity {
  let running = 0;
  let lastEnd = -Infinity;
  return {
    watch: (ingest) => async (...about) => {
      running++;
      try {
        return await ingest(...about);
      } finally {
        running--;
        lastEnd = clock.uptime();
      }
    },
    isBusy: () => running > 0 || clock.uptime() - lastEnd < QUIET_MS,
  };
}
