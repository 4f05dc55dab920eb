import type { DatabaseSync } from "node:sqlite";
import type { Index, Properties } from "../../core/ports.ts";
import type { Annotations } from "../../core/ports/annotations.ts";
import type { Duties } from "../../core/ports/duties.ts";
import type { ExportLog } from "../../core/ports/export_log.ts";
import type { FileRows } from "../../core/ports/inventory.ts";
import type { JobStore } from "../../core/ports/job_store.ts";
import type { Recycling } from "../../core/ports/recycling.ts";
import type { Upkeep } from "../../core/ports/upkeep.ts";
import type { FolderJournal } from "../folder.ts";
import { createAttachments } from "./attachments.ts";
import { createChanges } from "./changes.ts";
import { createDuties } from "./duties.ts";
import { createExports } from "./exports.ts";
import { createFileJournal } from "./file_journal.ts";
import { createFind, createStatistics } from "./find.ts";
import { createFileRows } from "./inventory.ts";
import { createJobStore } from "./jobs.ts";
import { createLabels } from "./labels.ts";
import { createMetadata } from "./metadata.ts";
import { createProperties } from "./properties.ts";
import { createRefresh } from "./refresh.ts";
import { createRecycling } from "./recycling.ts";
import { createStore } from "./store.ts";
import { createUpkeep } from "./upkeep.ts";

/** All that the SQLite database answers: the index, properties, and the journal of the file store. */
export type StorageIndex =
  & Index
  & Properties
  & FolderJournal
  & Annotations
  & ExportLog
  & Recycling
  & JobStore
  & FileRows
  & Duties
  & Upkeep;

/** The methods of a port without their promises, as they run beside the database. */
export type Synchronous<Port> = {
  [Name in keyof Port]: Port[Name] extends (...args: infer Args) => Promise<infer Result>
    ? (...args: Args) => Result
    : never;
};

/** Which connection a method needs; what is to be written `later` goes along with the next write. */
export const METHODS = {
  store: "write",
  markFlushed: "later",
  remove: "write",
  removeFile: "write",
  forgetFiles: "write",
  addLabel: "write",
  removeLabel: "write",
  markStable: "write",
  logChange: "write",
  refresh: "write",
  clearChanges: "write",
  setProperty: "write",
  setMetadata: "write",
  removeMetadata: "write",
  expectFile: "write",
  exchangeFile: "write",
  setAttachment: "write",
  removeAttachment: "write",
  keepFileMd5: "later",
  logExports: "write",
  clearExports: "write",
  setProtected: "write",
  dropAttachment: "write",
  saveJob: "write",
  saveJobState: "later",
  dropJobs: "later",
  reclaimDuties: "write",
  addDuties: "write",
  claimDuties: "write",
  settleDuties: "write",
  promoteDuties: "write",
  hastenDuties: "write",
  claimProofs: "write",
  deleteDelivered: "write",
  restartGraces: "write",
  actOnDuties: "write",
  keepChain: "write",
  pruneDuties: "write",
  evictDelivered: "write",
  dueDeletions: "read",
  duties: "read",
  duty: "read",
  dutyCounts: "read",
  deliveryOf: "read",
  oldestReady: "read",
  chain: "read",
  openFolder: "write",
  closeFolder: "write",
  keepFile: "write",
  dropKept: "write",
  keptFile: "read",
  keptFiles: "read",
  unflushed: "read",
  obsoleteFiles: "read",
  openFolders: "read",
  knownFiles: "read",
  labels: "read",
  oldestUnstable: "read",
  changes: "read",
  property: "read",
  attachments: "read",
  fileMd5: "read",
  exports: "read",
  recyclable: "read",
  hasOpenDuties: "read",
  savedJobs: "read",
  fileRows: "read",
  faults: "read",
  find: "read",
  findIds: "read",
  count: "read",
  get: "read",
  distinct: "read",
  lookup: "read",
  statistics: "read",
  statisticsOf: "read",
} as const satisfies Record<keyof StorageIndex, "read" | "write" | "later">;

/** A method of the index, by name. */
export type MethodName = keyof typeof METHODS;

/** The methods over one connection; writes are to run inside a transaction. */
export function createMethods(db: DatabaseSync): Synchronous<StorageIndex> {
  return {
    ...createStore(db),
    ...createFind(db),
    ...createStatistics(db),
    ...createChanges(db),
    ...createLabels(db),
    ...createProperties(db),
    ...createRefresh(db),
    ...createMetadata(db),
    ...createAttachments(db),
    ...createExports(db),
    ...createRecycling(db),
    ...createJobStore(db),
    ...createFileRows(db),
    ...createFileJournal(db),
    ...createUpkeep(db),
    ...createDuties(db),
  };
}
