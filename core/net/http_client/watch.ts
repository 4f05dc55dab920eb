import type { Clock } from "../../ports.ts";

/** So many bytes count as progress. */
const PROGRESS_BYTES = 65_536;

/** Ends what makes no progress; disposal ends the watch. */
export interface Watch extends Disposable {
  /** Bytes went to or fro. */
  passed(bytes: number): void;
  /** Something happened that is progress in itself. */
  progress(): void;
}

/** Calls `late` after `limitMs` without progress; 0 is no limit. */
export function createWatch(clock: Clock, limitMs: number, late: () => void): Watch {
  let bytes = 0;
  let timer: Disposable | undefined;
  const watch: Watch = {
    passed(count) {
      bytes += count;
      if (bytes < PROGRESS_BYTES) return;
      watch.progress();
    },
    progress() {
      bytes = 0;
      timer?.[Symbol.dispose]();
      timer = limitMs > 0 ? clock.schedule(clock.now() + limitMs, late) : undefined;
    },
    [Symbol.dispose]: () => timer?.[Symbol.dispose](),
  };
  watch.progress();
  return watch;
}
