import { removeObsolete } from "../archive/remove.ts";
import type { DiskSpace } from "../ports/disk.ts";
import type { DeliveredCursor, Duties } from "../ports/duties.ts";
import type { Clock, FileStore, Index, Log } from "../ports.ts";

/** Duties forgotten in one transaction. */
const FORGOTTEN = 500;
const DAY_MS = 86_400_000;
/** Less free space than this share of the disk, and what is proven everywhere makes room. */
const LOW_SHARE = 0.15;
/** Freed in one transaction, in bytes. */
const FREED_AT_ONCE = 33_554_432;
/** Transactions in one go. */
const MOST_STEPS = 16;
const OLDEST: DeliveredCursor = { at: Number.MIN_SAFE_INTEGER, id: 0 };

/** How long the relay keeps what is done; 0 for ever. */
export interface KeepLimits {
  readonly days: number;
  /** Duties that are done. */
  readonly duties: number;
}

/** What keeping house needs. */
export interface UpkeepPorts {
  readonly duties: Pick<Duties, "pruneDuties" | "evictDelivered">;
  readonly index: Pick<Index, "forgetFiles">;
  readonly files: Pick<FileStore, "remove">;
  readonly clock: Pick<Clock, "now">;
  readonly log: Log;
  readonly keep: KeepLimits;
  /** Whether images that are proven everywhere may go when the disk gets full. */
  readonly recycles: boolean;
  /** Undefined where the room on the disk is not known. */
  space(): DiskSpace | undefined;
  /** Called when instances were deleted. */
  readonly deleted: () => void;
}

/** Forgets old duties, and makes room on a disk that gets full. */
export interface Upkeep {
  /** Does a part of what there is to do. @returns whether there is more */
  run(): Promise<boolean>;
}

/** Makes the keeper of the relay's house. */
export function createUpkeep(ports: UpkeepPorts): Upkeep {
  const { duties, clock, log, keep } = ports;
  let from = OLDEST;

  async function forget(): Promise<boolean> {
    if (keep.days === 0 && keep.duties === 0) return false;
    const before = keep.days === 0 ? 0 : clock.now() - keep.days * DAY_MS;
    const most = keep.duties || Number.MAX_SAFE_INTEGER;
    return await duties.pruneDuties({ before, most, limit: FORGOTTEN }) >= FORGOTTEN;
  }

  function shortage(): number {
    const space = ports.recycles ? ports.space() : undefined;
    return space ? Math.ceil(space.total * LOW_SHARE - space.free) : 0;
  }

  /** @returns whether there may be more to go */
  async function makeRoom(): Promise<boolean> {
    const wanted = shortage();
    let freed = 0;
    let next: DeliveredCursor | undefined = from;
    for (let step = 0; step < MOST_STEPS && next && freed < wanted; step++) {
      const part = Math.min(wanted - freed, FREED_AT_ONCE);
      const { files, bytes, ...end } = await duties.evictDelivered(next, part);
      next = end.next;
      await removeObsolete(ports, files);
      if (files.length > 0) ports.deleted();
      freed += bytes;
    }
    if (freed > 0) log("warning", "relay: the disk gets full; delivered images went", { freed });
    from = freed < wanted && next ? next : OLDEST;
    return from !== OLDEST;
  }

  return {
    async run() {
      const isShort = await makeRoom();
      return await forget() || isShort;
    },
  };
}
