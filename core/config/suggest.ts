/** Longer texts are nobody's typing error, and would cost. */
const MAXIMUM_LENGTH = 64;

/** The name among `names` that `written` was probably meant to be; undefined if none is near. */
export function suggest(written: string, names: readonly string[]): string | undefined {
  if (written.length > MAXIMUM_LENGTH) return undefined;
  const folded = written.toLowerCase();
  let best: string | undefined;
  let least = 1 + Math.max(2, Math.floor(written.length / 4));
  for (const name of names) {
    const distance = editDistance(folded, name.toLowerCase());
    if (distance < least) [best, least] = [name, distance];
  }
  return best;
}

/** Fewest insertions, deletions and replacements of characters from `a` to `b` (Levenshtein). */
export function editDistance(a: string, b: string): number {
  let above = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const replaced = above[column - 1]! + (a[row - 1] === b[column - 1] ? 0 : 1);
      current.push(Math.min(replaced, above[column]! + 1, current[column - 1]! + 1));
    }
    above = current;
  }
  return above[b.length]!;
}
