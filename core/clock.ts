import type { Clock } from "./ports.ts";

/** The longest time that a timer of the runtime can wait. */
const LONGEST_MS = 2 ** 31 - 1;

/** The time of the machine. Its timers do not keep the process alive. */
export const systemClock: Clock = {
  now: () => Date.now(),
  uptime: () => performance.now(),
  schedule(at, work) {
    const wait = Math.min(LONGEST_MS, Math.max(0, at - Date.now()));
    const timer = setTimeout(work, wait);
    Deno.unrefTimer(timer);
    return { [Symbol.dispose]: () => clearTimeout(timer) };
  },
};
