import type { Clock, Index, Log } from "../ports.ts";

/** Wait after a failure before the index is asked again. */
const RETRY_MS = 5000;

/** What the watch over silence needs. */
export interface StabilityPorts {
  readonly index: Pick<Index, "markStable" | "oldestUnstable">;
  readonly clock: Clock;
  readonly log: Log;
  /** Silence after which a resource is stable (option `StableAge`). */
  readonly stableAgeMs: number;
  /** Called when something has become stable. */
  readonly changed: () => void;
}

/** Logs Stable* for resources that have received nothing for a while, also after a restart. */
export interface Stability extends AsyncDisposable {
  /** Says that an instance was stored. */
  touched(): void;
  /** Looks for what was unstable when the process ended. */
  start(): Promise<void>;
}

/** Makes the watch; it holds one timer, for the resource that is closest to stable. */
export function createStability(ports: StabilityPorts): Stability {
  const { index, clock, log, stableAgeMs, changed } = ports;
  let timer: Disposable | undefined;
  let armedFor = Infinity;
  let running: Promise<void> = Promise.resolve();
  let disposed = false;

  /** Looks again at time `at`, unless that happens earlier anyway. */
  function arm(at: number): void {
    if (disposed || at >= armedFor) return;
    timer?.[Symbol.dispose]();
    armedFor = at;
    timer = clock.schedule(at, () => {
      timer = undefined;
      armedFor = Infinity;
      running = settle().catch((error) => {
        log("error", "cannot mark resources as stable", { error: String(error) });
        arm(clock.now() + RETRY_MS);
      });
    });
  }

  async function settle(): Promise<void> {
    while (!disposed) {
      const now = clock.now();
      const count = await index.markStable(now - stableAgeMs, now) || await markFromFuture(now);
      if (count === 0) break;
      changed();
    }
    await armForOldest();
  }

  /** What was received after now came before the clock stepped back: its age is not known, but a wait is over. */
  async function markFromFuture(now: number): Promise<number> {
    const oldest = await index.oldestUnstable();
    return oldest !== undefined && oldest > now ? await index.markStable(oldest, now) : 0;
  }

  async function armForOldest(): Promise<void> {
    const oldest = await index.oldestUnstable();
    if (oldest !== undefined) arm(Math.min(oldest, clock.now()) + stableAgeMs);
  }

  return {
    touched: () => arm(clock.now() + stableAgeMs),
    start: armForOldest,
    async [Symbol.asyncDispose]() {
      disposed = true;
      timer?.[Symbol.dispose]();
      await running;
    },
  };
}
