import * as z from "zod";
import { compareFile } from "../archive/integrity.ts";
import { LEVELS } from "../archive/resource.ts";
import type { Clock, FileStore, Log, Properties } from "../ports.ts";
import type { FileRow, FileRows } from "../ports/inventory.ts";
import type { Chore } from "./chores.ts";
import { createKeptState } from "./kept_state.ts";

const MS_PER_DAY = 86_400_000;
/** UUIDs are random, so their first eight digits say how much comes before them. */
const ALL = 2 ** 32;
/** Looks so often for files that have come meanwhile. */
const LOOK_MS = 3_600_000;
/** What was found out is kept at least so often. */
const KEEP_MS = 60_000;
/** Rows asked of the index at a time. */
const PAGE = 100;
/** Damaged files that are named; beyond, they are counted only. */
const NAMED = 100;

const found = z.object({
  uuid: z.string(),
  kind: z.enum(["missing", "damaged"]),
  level: z.enum(LEVELS),
  id: z.string(),
});

const progress = z.object({
  /** When this round was begun, in milliseconds since 1970. */
  startedAt: z.number(),
  /** UUID of the last file that was read. */
  cursor: z.string(),
  /** Files that were read in this round. */
  checked: z.int(),
  /** Files that were not as they should be when they were read last. */
  damaged: z.array(found).readonly(),
  /** When the last round ended; null if none has. */
  completedAt: z.number().nullable(),
});

/** How far files have been compared with their digests. */
export type ScrubProgress = z.output<typeof progress>;

/** A file that is not what was stored. */
export type DamagedFile = z.output<typeof found>;

/** What comparing files needs. */
export interface ScrubPorts {
  readonly index: Pick<FileRows, "fileRows">;
  readonly files: Pick<FileStore, "open">;
  readonly properties: Properties;
  readonly clock: Clock;
  readonly log: Log;
}

/** Compares all files with their digests, again and again. */
export interface Scrub extends Chore {
  readonly progress: ScrubProgress;
}

/** Makes the chore: each file is read once in `days`, spread over them. */
export async function createScrub(
  { index, files, properties, clock, log }: ScrubPorts,
  days: number,
): Promise<Scrub> {
  const kept = createKeptState(properties, {
    name: "housekeeper-scrub",
    schema: progress,
    first: { startedAt: clock.now(), cursor: "", checked: 0, damaged: [], completedAt: null },
  });
  const round = days * MS_PER_DAY;
  let state = await kept.read();
  let keptAt = -Infinity;
  let waiting: FileRow[] = [];

  async function put(change: Partial<ScrubProgress>, isUrgent = false): Promise<void> {
    state = { ...state, ...change };
    if (!isUrgent && clock.uptime() - keptAt < KEEP_MS) return;
    keptAt = clock.uptime();
    await kept.write(state);
  }

  /** The next round begins when this one is over, however early its last file was read. */
  async function finishRound(now: number): Promise<number> {
    const end = state.startedAt + round;
    if (now < end) return Math.min(end, now + LOOK_MS);
    await put({ startedAt: now, cursor: "", checked: 0, completedAt: now }, true);
    return now;
  }

  async function check(row: FileRow): Promise<void> {
    const kind = await compareFile(files, row);
    const isFound = kind !== undefined && await isThere(row);
    const others = state.damaged.filter(({ uuid }) => uuid !== row.uuid);
    const damaged = isFound ? [...others, { uuid: row.uuid, kind, ...row.owner }] : others;
    if (isFound) log("error", `a file is ${kind}`, { uuid: row.uuid, ...row.owner });
    const isNews = damaged.length !== state.damaged.length;
    await put(
      { cursor: row.uuid, checked: state.checked + 1, damaged: damaged.slice(-NAMED) },
      isNews,
    );
  }

  /** Whether the index still has a file: while it was read, it may have been removed. */
  async function isThere({ uuid }: FileRow): Promise<boolean> {
    const after = uuid.slice(0, -1); // sorts before it
    const rows = await index.fileRows({ after, limit: 16 });
    return rows.some((row) => row.uuid === uuid);
  }

  return {
    name: "scrub",
    get progress() {
      return state;
    },
    async step() {
      const now = clock.now();
      if (now < state.startedAt) await put({ startedAt: now }); // the clock was set back
      if (waiting.length === 0) {
        waiting = await index.fileRows({ after: state.cursor, limit: PAGE });
      }
      const [row] = waiting;
      if (!row) return await finishRound(now);
      const dueAt = state.startedAt + fractionBefore(row.uuid) * round;
      if (dueAt > now) return Math.min(dueAt, now + LOOK_MS);
      waiting.shift();
      await check(row);
      return now;
    },
  };
}

/** How much of all UUIDs sorts before this one, 0 to 1. */
function fractionBefore(uuid: string): number {
  return parseInt(uuid.slice(0, 8), 16) / ALL;
}
