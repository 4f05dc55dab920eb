/** Value of an environment variable; undefined if it is not set. */
export type Environment = (name: string) => string | undefined;

/** A value with its references to the environment replaced. */
export interface Substituted {
  /** What the value may be, in order of preference: as text, and as number or switch where that is what a text says. */
  readonly candidates: readonly unknown[];
  /** The variables that are not set and have no default. */
  readonly missing: readonly string[];
}

const REFERENCE = /\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}/g;
const WHOLE_REFERENCE = new RegExp(`^${REFERENCE.source}$`);
const SCALAR = /^(?:true|false|-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?)$/;

/**
 * Replaces `${NAME}` and `${NAME:-default}` in each text of a JSON value and in the keys of its objects. The
 * default is also for an empty variable, as in a shell. What is replaced is not looked through again.
 */
export function substitute(value: unknown, env: Environment): Substituted {
  const missing = new Set<string>();
  let hasWhole = false;
  const asText = (text: string): string =>
    text.replace(REFERENCE, (_, name: string, fallback?: string) => {
      const found = env(name);
      if (fallback !== undefined) return found || fallback;
      if (found === undefined) missing.add(name);
      return found ?? "";
    });
  const asScalar = (text: string): unknown => {
    const replaced = asText(text);
    if (!WHOLE_REFERENCE.test(text) || !SCALAR.test(replaced)) return replaced;
    hasWhole = true;
    return JSON.parse(replaced);
  };
  const texts = mapTexts(value, asText, asText);
  const scalars = mapTexts(value, asScalar, asText);
  return { candidates: hasWhole ? [texts, scalars] : [texts], missing: [...missing] };
}

/** `value` with `map` applied to its texts and `mapKey` to its keys; of keys that become equal, the last stays. */
function mapTexts(
  value: unknown,
  map: (text: string) => unknown,
  mapKey: (key: string) => string,
): unknown {
  if (typeof value === "string") return map(value);
  if (Array.isArray(value)) return value.map((item) => mapTexts(item, map, mapKey));
  if (typeof value !== "object" || value === null) return value;
  const mapped: Record<string, unknown> = Object.create(null);
  for (const [key, item] of Object.entries(value)) {
    mapped[mapKey(key)] = mapTexts(item, map, mapKey);
  }
  return mapped;
}
