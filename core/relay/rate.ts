import type { Clock } from "../ports.ts";

const RATE_MS = 60_000;

/** How fast something goes. */
export interface Rate {
  /** Notes that an instance of so many bytes went through. */
  add(bytes: number): void;
  /** Instances and bytes a second, of the last minute. */
  now(): { readonly instances: number; readonly bytes: number };
}

/** Counts what went through in the last minute, second by second. */
export function createRate(clock: Pick<Clock, "now">): Rate {
  const startedAt = clock.now();
  let seconds: { at: number; instances: number; bytes: number }[] = [];
  return {
    add(bytes: number): void {
      const at = Math.floor(clock.now() / 1000);
      const last = seconds.at(-1);
      if (last?.at === at) {
        last.instances++;
        last.bytes += bytes;
      } else seconds.push({ at, instances: 1, bytes });
      if (seconds.length > 120) seconds = seconds.slice(-60);
    },
    now() {
      const now = clock.now();
      const recent = seconds.filter(({ at }) => at * 1000 > now - RATE_MS && at * 1000 <= now);
      const span = Math.max(1, Math.min(RATE_MS, now - startedAt) / 1000);
      const sum = (key: "instances" | "bytes") =>
        recent.reduce((total, each) => total + each[key], 0);
      return { instances: sum("instances") / span, bytes: sum("bytes") / span };
    },
  };
}
