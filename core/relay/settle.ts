import type { Clock, Log } from "../ports.ts";
import type { Duties, DutyChange } from "../ports/duties.ts";
import { sleepUntil } from "./bucket.ts";

const AGAIN_MS = 5000;

/** What noting outcomes needs. */
export interface SettlePorts {
  readonly duties: Pick<Duties, "settleDuties">;
  readonly clock: Clock;
  readonly log: Log;
  readonly signal: AbortSignal;
}

/** Makes the function that notes an outcome; where the index fails, as it does on a full disk, a little later. */
export function createSettle(destination: string, { duties, clock, log, signal }: SettlePorts) {
  /** Resolves when it is durable. @throws what `signal` was aborted with */
  return async (change: DutyChange): Promise<void> => {
    for (;;) {
      try {
        return await duties.settleDuties([change]);
      } catch (error) {
        log("error", "relay: cannot note an outcome", { destination, error: String(error) });
        await sleepUntil(clock, clock.now() + AGAIN_MS, signal);
      }
    }
  };
}
