import type { BackupTarget, Taken } from "../ports/backup_target.ts";
import type { FileRow } from "../ports/inventory.ts";
import { concurrently } from "./concurrently.ts";

/** Rows asked of the index at a time. */
const PAGE = 500;
/** Files that are linked or copied at the same time. */
const CONCURRENCY = 4;

/** How many files came how, and how many of earlier backups went. */
export type BackupReport = Readonly<Record<Taken | "pruned", number>>;

/**
 * Backs up an archive that may be in use. What is stored meanwhile is not in the backup; what is removed meanwhile
 * may be missing, and is dropped from it.
 */
export async function backUp(
  target: BackupTarget,
  { prune }: { readonly prune: boolean },
): Promise<BackupReport> {
  const report = { linked: 0, copied: 0, "already there": 0, missing: 0, pruned: 0 };
  await concurrently(allRows(target), CONCURRENCY, async ({ uuid }) => {
    const taken = await target.take(uuid);
    report[taken]++;
    if (taken === "missing") target.drop(uuid);
  });
  await target.finish();
  if (prune) report.pruned = await target.prune();
  return report;
}

async function* allRows(target: BackupTarget): AsyncGenerator<FileRow> {
  for (let after = "";;) {
    const page = target.fileRows({ after, limit: PAGE });
    yield* page;
    if (page.length < PAGE) return;
    after = page.at(-1)!.uuid;
  }
}
