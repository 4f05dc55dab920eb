import type { Clock, Log } from "../ports.ts";
import { isOpen, nextLook, type TimeWindow } from "../relay/windows.ts";

/** Work that has time: it is done in small pieces, when there is nothing else to do. */
export interface Chore {
  readonly name: string;
  /** Does one piece. @returns when the next one is due, in milliseconds since 1970; Infinity for never */
  step(): Promise<number>;
}

/** Does chores, one piece at a time. */
export interface Chores extends AsyncDisposable {
  /** Why nothing is being done right now, or that something may be. */
  readonly state: "working" | "resting" | "busy server" | "outside schedule";
}

/** What doing chores needs. */
export interface ChoreOptions {
  readonly clock: Clock;
  readonly log: Log;
  /** Whether the server has better things to do. */
  readonly isBusy: () => boolean;
  /** When chores may be done; undefined for always. */
  readonly schedule: readonly TimeWindow[] | undefined;
}

/** After the start, when others have much to do. */
const START_MS = 1000;
/** Looks again so soon whether the server is still busy. */
const BUSY_MS = 500;
/** After a failure. */
const RETRY_MS = 3_600_000;
/** Rest after a piece, by how long it took: so a fifth of the time is worked at most. */
const REST_RATIO = 4;

/** Starts doing chores; there is one timer for all of them. */
export function createChores(chores: readonly Chore[], options: ChoreOptions): Chores {
  const { clock, log, isBusy, schedule } = options;
  const due = new Map(chores.map((chore) => [chore, clock.now() + START_MS]));
  let state: Chores["state"] = "resting";
  let running: Promise<void> = Promise.resolve();
  let timer: Disposable | undefined;
  let isDisposed = false;

  function arm(at: number): void {
    if (isDisposed || at === Infinity) return;
    timer = clock.schedule(at, () => running = turn());
  }

  async function turn(): Promise<void> {
    const now = clock.now();
    const [chore, at] = earliest(due);
    if (at > now) return arm(at);
    const wait = waitUntil(now);
    if (wait) {
      state = wait.state;
      return arm(wait.at);
    }
    state = "working";
    const start = clock.uptime();
    due.set(chore, await step(chore));
    state = "resting";
    const rested = clock.now() + (clock.uptime() - start) * REST_RATIO;
    arm(Math.max(earliest(due)[1], rested));
  }

  /** Why it is not the time, and when to look again. */
  function waitUntil(now: number): { state: Chores["state"]; at: number } | undefined {
    const isTime = schedule === undefined || (schedule.length > 0 && isOpen(schedule, now));
    if (!isTime) return { state: "outside schedule", at: nextLook(schedule, now) };
    return isBusy() ? { state: "busy server", at: now + BUSY_MS } : undefined;
  }

  async function step(chore: Chore): Promise<number> {
    try {
      return await chore.step();
    } catch (error) {
      log("warning", "housekeeping failed", { chore: chore.name, error: String(error) });
      return clock.now() + RETRY_MS;
    }
  }

  if (chores.length > 0) arm(clock.now() + START_MS);
  return {
    get state() {
      return state;
    },
    async [Symbol.asyncDispose]() {
      isDisposed = true;
      timer?.[Symbol.dispose]();
      await running;
    },
  };
}

function earliest(due: ReadonlyMap<Chore, number>): readonly [Chore, number] {
  return [...due].reduce((first, next) => next[1] < first[1] ? next : first);
}
