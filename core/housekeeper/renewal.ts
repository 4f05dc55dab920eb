import * as z from "zod";
import { reconstructing, type ReconstructPorts } from "../archive/modify/reconstruct.ts";
import { everyResource, ROW_ONLY } from "../archive/query.ts";
import { type Level, LEVELS } from "../archive/resource.ts";
import type { HousekeeperOptions } from "../config/housekeeper.ts";
import type { Clock, Index, Log, Properties } from "../ports.ts";
import type { Chore } from "./chores.ts";
import { createKeptState } from "./kept_state.ts";

/** The options that say how instances are stored. */
const storing = z.object({
  /** Signatures of the main tags of each level. */
  mainTags: z.record(z.enum(LEVELS), z.string()),
  compressed: z.boolean(),
  /** UID of a transfer syntax; empty to store what comes. */
  transcoding: z.string(),
  version: z.string(),
});

/** The options that say how instances are stored. */
export type StoringOptions = z.output<typeof storing>;

const progress = z.object({
  /** Under which all is stored; null if that is not known. */
  last: storing.nullable(),
  /** To which instances are being brought; null if none are. */
  current: storing.nullable(),
  /** Of the resources that are gone through: studies, or those whose main tags are read alone. */
  level: z.enum(LEVELS),
  /** Identifier of the last one that was done. */
  cursor: z.string(),
  /** Resources. */
  done: z.int(),
  /** Resources that there were at the start. */
  total: z.int(),
  /** Instances that could not be brought to it. */
  failed: z.int(),
  /** In milliseconds since 1970; null for never. */
  startedAt: z.number().nullable(),
});

/** How far instances have been brought to the options of today. */
export type RenewalProgress = z.output<typeof progress>;

const NOTHING_KNOWN: RenewalProgress = {
  ...{ last: null, current: null, level: "Study", cursor: "" },
  ...{ done: 0, total: 0, failed: 0, startedAt: null },
};

/** What bringing instances to the options of today needs. */
export interface RenewalPorts extends ReconstructPorts {
  readonly index: ReconstructPorts["index"] & Pick<Index, "statistics">;
  readonly properties: Properties;
  readonly clock: Clock;
  readonly log: Log;
}

/** Brings what is stored to the options of today. */
export interface Renewal extends Chore {
  readonly progress: RenewalProgress;
}

/** What is to be done to each instance. */
interface Needs {
  readonly tags: boolean;
  readonly files: boolean;
}

/** Makes the chore: a resource at a time, from where the last process was. */
export async function createRenewal(
  ports: RenewalPorts,
  now: StoringOptions,
  options: HousekeeperOptions,
): Promise<Renewal> {
  const { properties, clock, log, index } = ports;
  const kept = createKeptState(properties, {
    name: "housekeeper-renewal",
    schema: progress,
    first: NOTHING_KNOWN,
  });
  let state = await kept.read();
  const { tags, files } = needsOf(state.last, now, options);
  const isLimited = options.onlyLevel !== undefined && !files;
  const level = isLimited && options.onlyLevel || "Study";
  let pass: AsyncGenerator<number> | undefined;
  let hasBegun = false;

  async function put(change: Partial<RenewalProgress>): Promise<void> {
    state = { ...state, ...change };
    await kept.write(state);
  }

  /** Goes on with the same, or begins anew where options have changed since. */
  async function begin(): Promise<void> {
    const isSame = state.level === level && state.current !== null && isEqual(state.current, now);
    if (hasBegun || (isSame && !options.force)) return;
    hasBegun = true;
    const { count } = await index.statistics();
    const fresh = { cursor: "", done: 0, failed: 0, total: count[level], startedAt: clock.now() };
    await put({ ...fresh, level, current: now });
    log("info", "housekeeping brings what is stored to the options of today", { tags, files });
  }

  /** All that is stored, or only what `onlyLevel` says of its main tags. */
  async function* bringAll(): AsyncGenerator<number> {
    await begin();
    for (;;) {
      const query = { ...everyResource(level), after: state.cursor, limit: 1 };
      const [resource] = await index.find(query, ROW_ONLY);
      if (!resource) break;
      const { id } = resource;
      let { failed } = state;
      for await (const failure of reconstructing(ports, { level, id }, { isLimited, files })) {
        if (failure) {
          failed++;
          log("warning", "cannot bring an instance up to date", { id, reason: failure.message });
        }
        yield 0;
      }
      await put({ cursor: id, done: state.done + 1, failed });
      yield options.throttleSeconds * 1000;
    }
    await put({ last: now, current: null });
    log("info", "housekeeping has brought all to the options of today", { failed: state.failed });
  }

  return {
    name: "renewal",
    get progress() {
      return state;
    },
    async step() {
      if (!tags && !files) return Infinity;
      pass ??= bringAll();
      try {
        const { done, value } = await pass.next();
        return done ? Infinity : clock.now() + value;
      } catch (error) {
        pass = undefined; // a generator that has thrown is over
        throw error;
      }
    },
  };
}

/** What the options of today ask for; of an archive of which nothing is known, everything. */
function needsOf(
  last: StoringOptions | null,
  now: StoringOptions,
  { force, triggers }: HousekeeperOptions,
): Needs {
  if (force) return { tags: true, files: true };
  const differs = (level: Level) => last?.mainTags[level] !== now.mainTags[level];
  const compression = triggers.compression && last?.compressed !== now.compressed;
  const transcoding = triggers.transcoding && last?.transcoding !== now.transcoding;
  return { tags: triggers.mainTags && LEVELS.some(differs), files: compression || transcoding };
}

/** Whether instances are stored in the same way under both, by whatever version. */
function isEqual(one: StoringOptions, other: StoringOptions): boolean {
  return one.compressed === other.compressed && one.transcoding === other.transcoding &&
    LEVELS.every((level) => one.mainTags[level] === other.mainTags[level]);
}
