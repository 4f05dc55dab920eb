import { createApply } from "../archive/modify/apply.ts";
import type { Author, Modifier } from "../archive/modify.ts";
import type { Modification } from "../archive/modify/modification.ts";
import { depthOf, type Level, LEVELS } from "../archive/resource.ts";
import type { Wanted } from "../archive/transcoding.ts";
import { createUidMap } from "../archive/uid_map.ts";
import { DicomError } from "../errors.ts";
import type { JobContext } from "./job.ts";

/** What to make of which instances. */
export interface Derivation {
  readonly modification: Modification;
  /** Public identifiers of all instances, each once. */
  readonly instances: readonly string[];
  readonly keepSource: boolean;
  readonly keepLabels: boolean;
  /** Whether to go on after an instance that cannot be changed. */
  readonly permissive: boolean;
  readonly transcode: Wanted | null;
  readonly author: Author;
  /** Of the new identifiers: see `createUidMap()`. */
  readonly secret: string;
}

/** A resource and what was made of it. */
export interface Pair {
  readonly level: Level;
  readonly from: string;
  readonly to: string;
}

/** What was made so far. */
export interface Derivatives {
  /** Of each instance that was tried the new identifier, null where it failed. */
  readonly results: readonly (string | null)[];
  /** Patients, studies and series, each once. */
  readonly pairs: readonly Pair[];
}

/** Instances that are changed at the same time. */
const CONCURRENCY = 4;

/** Before anything is made. */
export const NO_DERIVATIVES: Derivatives = { results: [], pairs: [] };

/**
 * Makes new instances of stored ones: what the jobs have in common that change, split and merge. An instance that is made
 * once more after an interruption is the same again. Sources go last, when everything is there.
 */
export async function* derive(
  input: Derivation,
  state: Derivatives,
  context: JobContext,
): AsyncGenerator<Derivatives> {
  const store = await createStore(input, context);
  const results = [...state.results];
  let pairs = state.pairs;
  while (results.length < input.instances.length) {
    context.signal.throwIfAborted();
    const batch = input.instances.slice(results.length, results.length + CONCURRENCY);
    const derived = await settleAll(batch.map(store));
    results.push(...derived.map((one) => one?.to.Instance ?? null));
    const known = new Set(pairs.map(({ from, to }) => `${from} ${to}`));
    const added = newPairs(derived, known);
    pairs = [...pairs, ...added];
    await logChanges(added, input, context);
    yield { results, pairs };
  }
  await finish(input, { results, pairs }, context);
}

/** How much of it is done, 0 to 1. */
export function derived({ instances }: Derivation, { results }: Derivatives): number {
  return instances.length === 0 ? 1 : results.length / instances.length;
}

/** How many instances could not be changed. */
export function failures({ results }: Derivatives): number {
  return results.filter((result) => result === null).length;
}

/** As `Promise.all()`, but nothing goes on behind a failure. */
async function settleAll<T>(promises: readonly Promise<T>[]): Promise<T[]> {
  await Promise.allSettled(promises);
  return await Promise.all(promises);
}

type Derived = Awaited<ReturnType<Modifier["store"]>>;

/** Makes the function that changes one instance; it gives nothing where that fails and may. */
async function createStore(input: Derivation, { modifier, log }: JobContext) {
  const { modification, transcode, author, secret, permissive } = input;
  const isAnonymization = modification.kind === "anonymize";
  const modified = isAnonymization
    ? new Set<string>()
    : await modifier.uidsOf(input.instances, modification.level);
  const apply = createApply(modification, {
    uids: createUidMap(secret),
    isModified: (uid) => modified.has(uid),
  });
  const source = isAnonymization ? "AnonymizedFrom" : "ModifiedFrom";
  return async (id: string): Promise<Derived | undefined> => {
    try {
      return await modifier.store(id, { apply, transcode, author, source });
    } catch (error) {
      if (!permissive || !(error instanceof DicomError)) throw error;
      log("warning", "Cannot change instance", { id, reason: error.message });
      return undefined;
    }
  };
}

/** From the series up, as changes are logged. */
export const PARENT_LEVELS = ["Series", "Study", "Patient"] as const;

/** @param known of the pairs there are already; those that are new are added */
function newPairs(derived: readonly (Derived | undefined)[], known: Set<string>): Pair[] {
  const pairs: Pair[] = [];
  for (const one of derived) {
    for (const level of PARENT_LEVELS) {
      if (!one || known.has(`${one.from[level]} ${one.to[level]}`)) continue;
      const pair = { level, from: one.from[level], to: one.to[level] };
      known.add(`${pair.from} ${pair.to}`);
      pairs.push(pair);
    }
  }
  return pairs;
}

/** Orthanc's changes of what came to be. */
async function logChanges(
  pairs: readonly Pair[],
  { modification }: Derivation,
  { modifier }: JobContext,
): Promise<void> {
  const verb = modification.kind === "anonymize" ? "Anonymized" : "Modified";
  for (const { level, from, to } of pairs) {
    if (from !== to && level !== "Instance") {
      await modifier.logChange(`${verb}${level}`, { level, id: to });
    }
  }
}

/** What is done when every instance is: labels, parents that stayed but look different, and the sources. */
async function finish(
  { modification, instances, keepLabels, keepSource }: Derivation,
  { results, pairs }: Derivatives,
  { modifier, signal }: JobContext,
): Promise<void> {
  const made = instances.flatMap((from, index): Pair[] => {
    const to = results[index];
    return to ? [{ level: "Instance", from, to }] : [];
  });
  if (keepLabels) {
    for (const { level, from, to } of [...pairs, ...made]) {
      if (from !== to) await modifier.copyLabels({ level, id: from }, { level, id: to });
    }
  }
  const isStale = pairs.some(({ level, from, to }) =>
    from === to && depthOf(level) >= depthOf(modification.level)
  );
  if (isStale) await refreshParents(made, modification.level, modifier);
  if (keepSource) return;
  for (const { from, to } of made) {
    signal.throwIfAborted();
    if (from !== to) await modifier.remove(from);
  }
}

/** Parents are described by any of their instances: all say the same after a modification. */
async function refreshParents(
  made: readonly Pair[],
  level: Level,
  modifier: Modifier,
): Promise<void> {
  const levels = LEVELS.slice(depthOf(level), depthOf("Instance"));
  for (const { to } of made) await modifier.refresh(to, levels);
}
