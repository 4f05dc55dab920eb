import { DicomError } from "../errors.ts";
import type { Clock } from "../ports.ts";
import type { ClaimedDuty, Priority } from "../ports/duties.ts";
import type { Crowd } from "./crowd.ts";

/** A small delivery that took so long, while so many others passed, hangs. */
const SMALL = 8_388_608;
const HANGING_MS = 1500;
const OVERTAKEN = 10;

/** Why a delivery ends that we stop. */
export const STOPPED = new DicomError("unavailable", "Cannot go on: sending was stopped");

/** A delivery that goes on. */
interface Entry {
  readonly stop: AbortController;
  readonly startedAt: number;
  /** How many had succeeded when it began. */
  readonly successes: number;
  readonly timer: Disposable;
}

/** The deliveries of a destination that go on. */
export interface Running {
  readonly size: number;
  /** Notes that a delivery begins. @returns what ends it, and when it began */
  start(duty: ClaimedDuty): { readonly signal: AbortSignal; readonly startedAt: number };
  end(duty: ClaimedDuty): void;
  /** A delivery succeeded; one that hangs meanwhile waits for an association that it will not get, and is stopped. */
  succeeded(): void;
  stopAllBut(priority: Priority): void;
}

/** Makes an empty list. */
export function createRunning(clock: Clock, crowd: Crowd): Running {
  const entries = new Map<ClaimedDuty, Entry>();
  let successes = 0;

  function hangs(duty: ClaimedDuty, entry: Entry): boolean {
    return duty.size < SMALL && clock.now() - entry.startedAt >= HANGING_MS &&
      successes - entry.successes >= OVERTAKEN;
  }

  function stopHanging(): void {
    for (const [duty, entry] of entries) {
      if (!hangs(duty, entry)) continue;
      crowd.unanswered(entries.size - 1);
      entry.stop.abort(STOPPED);
    }
  }

  return {
    get size() {
      return entries.size;
    },
    start(duty) {
      const startedAt = clock.now();
      const timer = clock.schedule(startedAt + HANGING_MS, stopHanging);
      const entry = { stop: new AbortController(), startedAt, successes, timer };
      entries.set(duty, entry);
      return { signal: entry.stop.signal, startedAt };
    },
    end(duty) {
      entries.get(duty)?.timer[Symbol.dispose]();
      entries.delete(duty);
    },
    succeeded() {
      crowd.succeeded();
      successes++;
      stopHanging();
    },
    stopAllBut(priority) {
      for (const [duty, { stop }] of entries) {
        if (duty.priority !== priority) stop.abort(STOPPED);
      }
    },
  };
}
