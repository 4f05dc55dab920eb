import type { Clock } from "../../core/ports.ts";

/** A clock that stands still until a test turns it. */
export interface TestClock extends Clock {
  /** Goes on by `ms`; what falls due is done at its time, with all that follows from it at once. */
  advance(ms: number): Promise<void>;
  /** Sets what the clock shows, as an operator does; timers go on for as long as before. */
  set(now: number): void;
  /** How much is scheduled. */
  readonly pending: number;
}

interface Due {
  at: number;
  readonly work: () => void;
}

/** Makes a clock that shows `start`, in milliseconds since 1970. */
export function createTestClock(start = Date.UTC(2026, 0, 1)): TestClock {
  let now = start;
  let setBy = 0;
  const scheduled = new Set<Due>();
  const nextDue = (until: number) =>
    [...scheduled].filter(({ at }) => at <= until).sort((a, b) => a.at - b.at)[0];

  return {
    now: () => now,
    uptime: () => now - setBy,
    set(to) {
      for (const due of scheduled) due.at += to - now;
      setBy += to - now;
      now = to;
    },
    get pending() {
      return scheduled.size;
    },
    schedule(at, work) {
      const due = { at, work };
      scheduled.add(due);
      return { [Symbol.dispose]: () => void scheduled.delete(due) };
    },
    async advance(ms) {
      const until = now + ms;
      for (let due = nextDue(until); due; due = nextDue(until)) {
        scheduled.delete(due);
        now = Math.max(now, due.at);
        due.work();
        await consequences();
      }
      now = until;
    },
  };
}

/** Lets everything end that waits for promises only. */
function consequences(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}
