const FIRST_MS = 5000;
const LONGEST_MS = 15 * 60_000;

/**
 * Wait before another try: exponential with full jitter, at most 5 s × 2^tries and 15 minutes, so that what failed
 * together does not come back together.
 *
 * @param tries how many have failed before this one
 * @param random a number from 0 to 1
 * @returns milliseconds
 */
export function backoffMs(tries: number, random: number): number {
  return Math.round(random * Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(tries, 20)));
}

/** Wait before proof is asked for again, in milliseconds: 5 s at first, twice as long each time, 15 minutes at most. */
export function proofWaitMs(tries: number): number {
  return Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(tries, 20));
}
