import { PRIORITIES, type Priority } from "../ports/duties.ts";

/** How many turns of thirteen each priority has. */
const WEIGHTS: Readonly<Record<Priority, number>> = { stat: 8, normal: 4, bulk: 1 };

/** Spreads the turns evenly: each step goes to the priority that is furthest behind its share. */
function cycle(): readonly Priority[] {
  const total = Object.values(WEIGHTS).reduce((sum, weight) => sum + weight);
  const credit = new Map(PRIORITIES.map((priority) => [priority, 0]));
  return Array.from({ length: total }, () => {
    for (const priority of PRIORITIES) {
      credit.set(priority, credit.get(priority)! + WEIGHTS[priority]);
    }
    const next = PRIORITIES.reduce((best, priority) =>
      credit.get(priority)! > credit.get(best)! ? priority : best
    );
    credit.set(next, credit.get(next)! - total);
    return next;
  });
}

const CYCLE = cycle();

/** Hands out turns to priorities, 8 : 4 : 1, so that none waits for ever; the first is `stat`. */
export function createTurns(): (count: number) => readonly Priority[] {
  let at = 0;
  return (count) => Array.from({ length: count }, () => CYCLE[at++ % CYCLE.length]!);
}
