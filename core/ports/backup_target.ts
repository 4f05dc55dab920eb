import type { FileRow } from "./inventory.ts";

/** How a file got into a backup; `missing` is one that is not in the archive any more. */
export type Taken = "linked" | "copied" | "already there" | "missing";

/** A backup being made: a copy of the index as it was at one moment, and the files that it names. */
export interface BackupTarget extends AsyncDisposable {
  /** Files that the copy of the index names, by UUID, those after `after`. */
  fileRows(page: { readonly after: string; readonly limit: number }): FileRow[];
  /** @throws DicomError `storage-full` or `cannot-write` */
  take(uuid: string): Promise<Taken>;
  /** Drops what has this file from the copy of the index. */
  drop(uuid: string): void;
  /** Removes files that the copy of the index does not know, from earlier backups. @returns how many */
  prune(): Promise<number>;
  /** Makes all durable and gives the copy of the index its name; before that, an earlier backup is as it was. */
  finish(): Promise<void>;
}
