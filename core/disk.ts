import { DicomError } from "./errors.ts";
import type { Clock, FileStore, Log } from "./ports.ts";
import type { Disk, DiskLevel, DiskSpace, WatchedDisk } from "./ports/disk.ts";

/** Watches the room that is left on the disk of the images. */
export interface DiskWatch extends WatchedDisk, Disposable {
  /** Whether it takes anything at all; false for one that has become read-only. */
  readonly isWritable: boolean;
  /** Looks again, unless it just did. */
  check(): Promise<void>;
  /** @throws DicomError `storage-full` if no more is to be stored */
  admit(): Promise<void>;
}

/** What the watch needs. */
export interface DiskWatchPorts {
  readonly disk: Disk;
  readonly clock: Clock;
  readonly log: Log;
  /** Writes a little. @throws DicomError `cannot-write` if the disk takes nothing */
  readonly tryWrite?: () => Promise<void>;
}

/** Less free space than this share of the disk is little. */
const LOW_SHARE = 0.2;
/** Less than both is too little: on small disks the share counts, on large ones the size. */
const FULL_SHARE = 0.08;
const FULL_BYTES = 2 * 1024 ** 3;
/** Storing goes on when there is so much more than that. */
const RESUME_FACTOR = 1.25;
/** Held back from when room gets low on; so that the index can always commit, and make room. */
const BALLAST_BYTES = 64 * 1024 ** 2;
/** The space is asked for again after so long when something is to be stored, and without that. */
const FRESH_MS = 1000;
const PERIOD_MS = 60_000;

/** Starts to watch; disposal ends it. */
export function watchDisk({ disk, clock, log, tryWrite }: DiskWatchPorts): DiskWatch {
  let isWritable = true;
  let level: DiskLevel = "fine";
  let space: DiskSpace | undefined;
  let checkedAt = -Infinity;
  let checking: Promise<void> | undefined;
  let timer: Disposable | undefined;
  const followers = new Set<(level: DiskLevel) => void>();

  async function look(): Promise<void> {
    try {
      space = await disk.space();
      const next = levelOf(space, level);
      if (next !== level) log(next === "fine" ? "info" : "warning", TEXTS[next], { ...space });
      if (next !== level) followers.forEach((tell) => tell(next));
      level = next;
      await trim(space);
    } catch (error) {
      log("warning", "Cannot tell the room on the disk", { error: String(error) });
    }
    await lookWhetherWritable();
  }

  async function lookWhetherWritable(): Promise<void> {
    const was = isWritable;
    isWritable = await tryWrite?.().then(() => true, saysWritable) ?? true;
    if (isWritable === was) return;
    if (isWritable) log("info", "The disk can be written again");
    else log("error", "The disk cannot be written: nothing is stored or changed until it can");
  }

  async function trim({ free, total }: DiskSpace): Promise<void> {
    if (free < BALLAST_BYTES) {
      if (await disk.releaseBallast()) log("warning", "The disk is full: the ballast is released");
    } else if (level === "fine") await disk.releaseBallast();
    else if (free > limitOf(total) + BALLAST_BYTES) await disk.takeBallast(BALLAST_BYTES);
  }

  async function check(): Promise<void> {
    const now = clock.now();
    if (Math.abs(now - checkedAt) < FRESH_MS) return await checking; // a clock may step back
    checkedAt = now;
    checking = look();
    await checking;
  }

  function schedule(): void {
    timer = clock.schedule(clock.now() + PERIOD_MS, () => {
      void check();
      schedule();
    });
  }

  schedule();
  return {
    get level() {
      return level;
    },
    get space() {
      return space;
    },
    get isWritable() {
      return isWritable;
    },
    follow(tell) {
      followers.add(tell);
      return { [Symbol.dispose]: () => void followers.delete(tell) };
    },
    check,
    async admit() {
      await check();
      if (level === "full") {
        throw new DicomError("storage-full", "Cannot store instance: the disk is nearly full");
      }
    },
    [Symbol.dispose]: () => timer?.[Symbol.dispose](),
  };
}

/** The same files, where nothing new is taken in while the disk is full. */
export function guardFiles<Files extends FileStore>(files: Files, watch: DiskWatch): Files {
  return {
    ...files,
    async stage(bytes) {
      await watch.admit();
      return await files.stage(bytes);
    },
  };
}

const TEXTS: Readonly<Record<DiskLevel, string>> = {
  fine: "There is room on the disk again",
  low: "The disk is getting full",
  full: "The disk is full: nothing more is stored until there is room",
};

/** What fails for want of room is another matter. */
function saysWritable(error: unknown): boolean {
  return !(error instanceof DicomError && error.code === "cannot-write");
}

function limitOf(total: number): number {
  return Math.min(total * FULL_SHARE, FULL_BYTES);
}

function levelOf({ free, total }: DiskSpace, before: DiskLevel): DiskLevel {
  const limit = limitOf(total) * (before === "full" ? RESUME_FACTOR : 1);
  if (free < limit) return "full";
  return free < total * LOW_SHARE ? "low" : "fine";
}
