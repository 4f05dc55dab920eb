/** A place where two JSON values differ; absent members are undefined. */
export interface Difference {
  readonly path: readonly string[];
  readonly ours: unknown;
  readonly theirs: unknown;
}

/**
 * Where two JSON values differ. The order of lists of texts, and of lists of resources (objects with an `ID`), does
 * not count.
 */
export function differences(
  ours: unknown,
  theirs: unknown,
  path: readonly string[] = [],
): Difference[] {
  if (Array.isArray(ours) && Array.isArray(theirs) && ours.length === theirs.length) {
    const [left, right] = [inOrder(ours), inOrder(theirs)];
    return left.flatMap((item, at) => differences(item, right[at], [...path, String(at)]));
  }
  if (isObject(ours) && isObject(theirs)) {
    const keys = [...new Set([...Object.keys(ours), ...Object.keys(theirs)])];
    return keys.flatMap((key) => differences(ours[key], theirs[key], [...path, key]));
  }
  return Object.is(ours, theirs) ? [] : [{ path, ours, theirs }];
}

function inOrder(list: readonly unknown[]): readonly unknown[] {
  const key = (item: unknown) => isObject(item) ? String(item.ID) : String(item);
  const isUnordered = list.every((item) =>
    typeof item === "string" || (isObject(item) && typeof item.ID === "string")
  );
  return isUnordered ? list.toSorted((a, b) => key(a) < key(b) ? -1 : 1) : list;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
