import type { ByteSource } from "./bytes/source.ts";
import type { Query, Wanted } from "./archive/query.ts";
import type { DutyPlan } from "./ports/duties.ts";
import type { Level, MainTags, Metadata, Resource, StoredFile } from "./archive/resource.ts";

/** Everything the core asks of the outside world; implemented in storage/ and wired in main.ts. */

/** An instance about to be indexed, with what it says about its parents. */
export interface NewInstance {
  /** Public identifiers. */
  readonly ids: Readonly<Record<Level, string>>;
  readonly tags: Readonly<Record<Level, MainTags>>;
  readonly metadata: Readonly<Record<Level, Metadata>>;
  readonly expectedInstances: number | null;
  readonly indexInSeries: number | null;
  readonly file: StoredFile;
  /** Milliseconds since 1970. */
  readonly receivedAt: number;
}

/** What to do with an instance whose identity is already there (option `OverwriteInstances`). */
export type OverwritePolicy = "Never" | "Always" | "IfChanged";

/** What became of an instance in the index. */
export type StoreOutcome =
  /** `row` is for `markFlushed()`. */
  | { readonly kind: "stored"; readonly row: number }
  /** `obsoleteFiles` are to be removed. */
  | { readonly kind: "replaced"; readonly obsoleteFiles: readonly string[] }
  /** The same bytes are there already. */
  | { readonly kind: "duplicate"; readonly uuid: string }
  /** Other bytes with this identity are there already, and stay. */
  | { readonly kind: "conflict"; readonly uuid: string }
  /** It would replace another, but is not flushed: nothing was done, to be called again when it is. */
  | { readonly kind: "unflushed" };

/** A row that was written while its file was being flushed. */
export interface UnflushedRow {
  readonly row: number;
  /** Public identifier of the instance. */
  readonly id: string;
  readonly file: StoredFile;
}

/** A resource named by level and public identifier. */
export interface ResourceRef {
  readonly level: Level;
  readonly id: string;
}

/** What a deletion left behind. */
export interface Removal {
  /** Nearest parent that is still there. */
  readonly remainingAncestor: ResourceRef | null;
  /** UUIDs of the files to be removed. */
  readonly files: readonly string[];
}

/** A line of the log of changes. */
export interface Change {
  readonly seq: number;
  readonly type: ChangeType;
  readonly level: Level;
  readonly id: string;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** Types of changes, by Orthanc's names. */
export type ChangeType =
  | `New${Level}`
  | "CompletedSeries"
  | `${"Stable" | "Modified" | "Anonymized"}${"Patient" | "Study" | "Series"}`
  | "UpdatedMetadata"
  | "UpdatedAttachment";

/** Which changes to list; all bounds are exclusive but `to`. */
export interface ChangesQuery {
  readonly since: number;
  /** Inclusive. With it, the last `limit` changes up to it are meant, not the first after `since`. */
  readonly to: number | undefined;
  readonly limit: number;
  /** All types when empty. */
  readonly types: readonly string[];
}

/** A page of changes. */
export interface ChangesPage {
  readonly changes: readonly Change[];
  /** Whether nothing follows (with `to`: precedes) the page. */
  readonly done: boolean;
  /** Number of the newest change that was ever logged. */
  readonly lastSeq: number;
}

/** How many resources there are, and how large. */
export interface Statistics {
  readonly count: Readonly<Record<Level, number>>;
  /** Bytes of all files. */
  readonly size: number;
}

/** The same of what is below a resource. */
export interface TreeStatistics extends Statistics {
  /** Bytes of DICOM files, without attachments. */
  readonly dicomSize: number;
}

/** A resource found by one of its identifying values. */
export type Found = ResourceRef;

/** The index of stored instances. All that a method writes is durable when its promise resolves. */
export interface Index {
  /**
   * Adds an instance and what is missing of its parents, with their changes, in one transaction.
   *
   * @param flushed whether the file is durable already; if not, the row is remembered as such
   * @param plan what the relay is to do with it, added with an instance that is `stored` or `replaced`
   */
  store(
    instance: NewInstance,
    policy: OverwritePolicy,
    flushed: boolean,
    plan?: DutyPlan,
  ): Promise<StoreOutcome>;
  /** Notes, some time later, that the file of a row is durable. */
  markFlushed(row: number): Promise<void>;
  /** Rows that were stored unflushed and not marked since. */
  unflushed(): Promise<UnflushedRow[]>;
  /** Removes a resource, all below it, and parents that are left empty; undefined if it is not there. */
  remove(ref: ResourceRef): Promise<Removal | undefined>;
  /** Removes the instance that has this file, as `remove()` does. */
  removeFile(uuid: string): Promise<Removal | undefined>;
  /** Forgets that files wait to be removed: they are gone. */
  forgetFiles(uuids: readonly string[]): Promise<void>;
  /** Files that were to be removed when the process ended. */
  obsoleteFiles(): Promise<string[]>;
  addLabel(ref: ResourceRef, label: string): Promise<boolean>;
  removeLabel(ref: ResourceRef, label: string): Promise<boolean>;
  /** All labels in use, sorted. */
  labels(): Promise<string[]>;
  /** Marks what received nothing after `before` (ms since 1970) as stable and logs it at time `now`. */
  markStable(before: number, now: number): Promise<number>;
  /** When the resource that is closest to stable received its last instance; undefined if all are. */
  oldestUnstable(): Promise<number | undefined>;
  /** Logs a change of a resource at time `at` (ms since 1970), unless it is not there any more. */
  logChange(type: ChangeType, ref: ResourceRef, at: number): Promise<void>;
  /** Writes anew what an instance, already there, says of itself and its parents at these levels. */
  refresh(instance: NewInstance, levels: readonly Level[]): Promise<void>;
  clearChanges(): Promise<void>;
  changes(query: ChangesQuery): Promise<ChangesPage>;
  find(query: Query, wanted: Wanted): Promise<Resource[]>;
  findIds(query: Query): Promise<string[]>;
  count(query: Query): Promise<number>;
  get(ref: ResourceRef, wanted: Wanted): Promise<Resource | undefined>;
  /** Distinct values of a main tag among the resources of `level` below `ref`, sorted. */
  distinct(ref: ResourceRef, level: Level, source: DistinctSource): Promise<string[]>;
  /** Resources whose PatientID, AccessionNumber or UID equals `value` exactly. */
  lookup(value: string): Promise<Found[]>;
  statistics(): Promise<Statistics>;
  /** Counts of the levels below `ref` and bytes of its files; undefined if it is not there. */
  statisticsOf(ref: ResourceRef): Promise<TreeStatistics | undefined>;
}

/** Small values by name, durable when the promise of `setProperty()` resolves. */
export interface Properties {
  property(name: string): Promise<string | undefined>;
  setProperty(name: string, value: string): Promise<void>;
}

/** Where `Index.distinct()` takes its values from. */
export type DistinctSource = { readonly tag: number } | { readonly metadata: number };

/** A file with its bytes. */
export interface StoredSource {
  readonly file: StoredFile;
  readonly source: ByteSource;
}

/** Bytes written but not yet part of the archive; disposal deletes them unless committed. */
export interface StagedFile extends StoredSource, AsyncDisposable {
  /** Makes the bytes durable, gives the file its final name, and makes that durable. It stays from the call on. */
  commit(): Promise<void>;
  /**
   * Resolves when what was committed is durable, where that takes longer (`Relay.Ack`: buffered); absent where the commit
   * says so itself.
   */
  durable?(): Promise<void>;
}

/** An open file of the archive. */
export interface OpenFile extends ByteSource, AsyncDisposable {}

/** The files of the archive, named by UUID. */
export interface FileStore {
  /**
   * Writes `bytes` as they come, so memory does not grow with size. A chunk is not used any more when the
   * next is asked for.
   *
   * @throws DicomError `storage-full` or `cannot-write`
   */
  stage(bytes: AsyncIterable<Uint8Array>): Promise<StagedFile>;
  /**
   * Opens a file, also one that is being committed.
   *
   * @throws DicomError `missing-file`
   */
  open(uuid: string): Promise<OpenFile>;
  /** Finishes the commit of a complete file that the end of the process interrupted. @throws DicomError `cannot-write` */
  settle(uuid: string): Promise<void>;
  /** Removes files durably; those that are not there are no error. */
  remove(uuids: readonly string[]): Promise<void>;
  /**
   * Sweeps what was being written when the process ended, and yields complete files that lack a row: each
   * is to be settled and indexed, or removed, before the next is asked for.
   */
  recover(): AsyncIterable<StoredSource>;
}

/** The time, and what is to happen later; tests turn it by hand. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Milliseconds that go on evenly, whatever the clock is set to. */
  uptime(): number;
  /** Calls `work` once at time `at` or soon after, unless disposed before. */
  schedule(at: number, work: () => void): Disposable;
}

/** Severity of a line of the log. */
export type LogLevel = "error" | "warning" | "info" | "trace";

/** Where the server says what it does: never patient data, only UIDs, AE titles and identifiers. */
export interface Log {
  (level: LogLevel, message: string, facts?: Readonly<Record<string, unknown>>): void;
}
