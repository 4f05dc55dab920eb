/** A number by chance, from 0 to less than `below`. */
export type Random = (below: number) => number;

/** Numbers by chance, the same for the same seed (mulberry32). */
export function randomNumbers(seed: number): Random {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

/** One of several. */
export function pick<T>(choices: readonly T[], random: Random): T {
  return choices[random(choices.length)]!;
}

/** Some bytes, at least one. */
export function noise(random: Random, most = 40): Uint8Array {
  return Uint8Array.from({ length: 1 + random(most) }, () => random(256));
}
