import { removeObsolete } from "../archive/remove.ts";
import { isStray } from "../archive/integrity.ts";
import type { Clock, FileStore, Index, Log } from "../ports.ts";
import type { FileRows, FolderInventory, FoundFolder } from "../ports/inventory.ts";
import type { Chore } from "./chores.ts";

const MS_PER_DAY = 86_400_000;

/** What tidying up needs. */
export interface TidyPorts {
  readonly index: Pick<Index, "obsoleteFiles" | "forgetFiles"> & Pick<FileRows, "knownFiles">;
  readonly files: Pick<FileStore, "remove">;
  readonly inventory: Pick<FolderInventory, "folders" | "writtenAt" | "removeLeftover">;
  readonly clock: Clock;
  readonly log: Log;
}

/** What the last round has found. */
export interface TidyResult {
  /** In milliseconds since 1970. */
  readonly completedAt: number;
  /** Files that were removed: they were to go, or never became whole. */
  readonly removed: number;
  /** Whole files that the index does not know; they stay, as a lost index could be made of them. */
  readonly orphans: number;
}

/** Removes what is left over, once a day. */
export interface Tidy extends Chore {
  /** Undefined before the first round of this process. */
  readonly result: TidyResult | undefined;
}

/** Makes the chore. Nothing younger than a day is touched: somebody may be at it. */
export function createTidy(ports: TidyPorts): Tidy {
  const { index, files, inventory, clock, log } = ports;
  let result: TidyResult | undefined;
  /** Marks of the round before. */
  let marked: ReadonlySet<string> = new Set();
  let round: AsyncGenerator<undefined> | undefined;

  /** Files whose removal has failed; a mark may also be of a file that is about to come. */
  async function removeMarked(): Promise<number> {
    const marks = await index.obsoleteFiles();
    const old = marks.filter((uuid) => marked.has(uuid));
    if (old.length > 0) await removeObsolete({ index, files, log }, old);
    marked = new Set(marks);
    return old.length;
  }

  async function tidyFolder({ prefix, files: found }: FoundFolder): Promise<Found> {
    const known = new Set(await index.knownFiles(prefix));
    const strays = found.filter((file) => isStray(file, known));
    let [removed, orphans] = [0, 0];
    for (const file of strays) {
      const writtenAt = await inventory.writtenAt(file).catch(() => Infinity); // it is gone by now
      if (clock.now() - writtenAt < MS_PER_DAY) continue;
      if (file.complete) orphans++;
      else {
        await inventory.removeLeftover(file);
        removed++;
      }
    }
    return { removed, orphans };
  }

  async function* tidyAll(): AsyncGenerator<undefined> {
    const sum = { removed: await removeMarked(), orphans: 0 };
    for await (const folder of inventory.folders()) {
      const { removed, orphans } = await tidyFolder(folder);
      sum.removed += removed;
      sum.orphans += orphans;
      yield;
    }
    result = { completedAt: clock.now(), ...sum };
    if (sum.orphans === 0) return;
    log("warning", "there are files that the index does not know: see outpost fsck", { ...sum });
  }

  return {
    name: "tidy",
    get result() {
      return result;
    },
    async step() {
      round ??= tidyAll();
      const current = round;
      round = undefined; // one that throws is over
      const { done } = await current.next();
      if (done) return clock.now() + MS_PER_DAY;
      round = current;
      return clock.now();
    },
  };
}

type Found = Omit<TidyResult, "completedAt">;
