import { concurrently } from "../core/archive/concurrently.ts";
import { ignoreMissing } from "./failures.ts";
import type { FilePath } from "./paths.ts";
import type { FileWriter } from "./writing/writer.ts";

/** Where small files lie until they have a file of their own. */
export interface KeptJournal {
  /** Keeps the bytes of a file; what else is written in the same moment shares the transaction. */
  keepFile(uuid: string, bytes: Uint8Array): Promise<void>;
  /** The bytes of a file that is kept. */
  keptFile(uuid: string): Promise<Uint8Array | undefined>;
  /** UUIDs of all files that are kept. */
  keptFiles(): Promise<string[]>;
  /** Forgets files; they need not be there. */
  dropKept(uuids: readonly string[]): Promise<void>;
}

/** What keeping files needs. */
export interface KeptFilesOptions {
  readonly journal: KeptJournal;
  readonly pathOf: (uuid: string) => FilePath;
  readonly writer: FileWriter;
  readonly sync: boolean;
  readonly syncDirectory: (path: string) => Promise<void>;
}

/** Kept files become files after so many milliseconds, … */
const SETTLE_MS = 2000;
/** … or when they are so many bytes together. */
const SETTLE_BYTES = 8388608;
/** No more are taken beyond this. */
const MAXIMUM_BYTES = 33554432;
/** After a failure it is tried again so many milliseconds later. */
const RETRY_MS = 30_000;
/** Files that are written at a time. */
const CONCURRENCY = 8;

/** Small files that lie in the journal, each of which becomes a file some time later. */
export interface KeptFiles extends AsyncDisposable {
  /** Whether no more should be kept for now. */
  readonly full: boolean;
  /** Keeps a file, durably when the promise resolves. `bytes` must not change. @throws DicomError `database` */
  keep(uuid: string, bytes: Uint8Array): Promise<void>;
  has(uuid: string): boolean;
  read(uuid: string): Promise<Uint8Array | undefined>;
  /** Forgets files, of which some may not be kept. */
  remove(uuids: readonly string[]): Promise<void>;
  /** UUIDs of all that are kept. */
  list(): string[];
}

interface Kept {
  /** Undefined where they are in the journal alone. */
  readonly bytes: Uint8Array | undefined;
  durable: boolean;
}

/**
 * A small file costs less in the journal: its bytes become durable together with its row, by one flush. It is
 * written and flushed as a file of its own when that holds up nobody.
 */
export async function openKeptFiles(options: KeptFilesOptions): Promise<KeptFiles> {
  const { journal, pathOf } = options;
  const kept = new Map<string, Kept>();
  for (const uuid of await journal.keptFiles()) kept.set(uuid, { bytes: undefined, durable: true });
  let bytesInMemory = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let settling: Promise<void> | undefined;
  let closing = false;

  const read = async (uuid: string) => kept.get(uuid)?.bytes ?? await journal.keptFile(uuid);

  function forget(uuid: string): boolean {
    bytesInMemory -= kept.get(uuid)?.bytes?.length ?? 0;
    return kept.delete(uuid);
  }

  async function settleOne(uuid: string): Promise<void> {
    // What an earlier process has begun is begun anew.
    if (!kept.get(uuid)?.bytes) await Deno.remove(pathOf(uuid).staged).catch(ignoreMissing);
    const bytes = await read(uuid);
    if (bytes && kept.has(uuid)) await writeFile(pathOf(uuid), bytes, options);
  }

  /** Files that were removed while they were written do not come back. */
  async function removeAgain(uuids: readonly string[]): Promise<void> {
    for (const uuid of uuids) await Deno.remove(pathOf(uuid).final).catch(ignoreMissing);
  }

  async function settleAll(): Promise<void> {
    const uuids = [...kept.keys()].filter((uuid) => kept.get(uuid)!.durable);
    try {
      await concurrently(each(uuids), CONCURRENCY, settleOne);
      const directories = new Set(uuids.map((uuid) => pathOf(uuid).directory));
      await Promise.all([...directories].map(options.syncDirectory));
      await journal.dropKept(uuids);
    } catch (error) {
      await removeAgain(uuids.filter((uuid) => !kept.has(uuid)));
      throw error;
    }
    await removeAgain(uuids.filter((uuid) => !forget(uuid)));
  }

  function settle(): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    settling ??= settleAll().finally(() => {
      settling = undefined;
    });
    return settling;
  }

  function schedule(delayMs: number): void {
    if (closing) return;
    timer ??= setTimeout(() => settle().then(again, () => schedule(RETRY_MS)), delayMs);
  }

  function again(): void {
    if (kept.size > 0) schedule(SETTLE_MS);
  }

  if (kept.size > 0) schedule(SETTLE_MS);
  return {
    get full() {
      return bytesInMemory >= MAXIMUM_BYTES;
    },
    async keep(uuid, bytes) {
      const entry = { bytes, durable: false };
      kept.set(uuid, entry);
      bytesInMemory += bytes.length;
      try {
        await journal.keepFile(uuid, bytes);
        entry.durable = true;
      } catch (error) {
        forget(uuid);
        throw error;
      }
      schedule(SETTLE_MS);
      if (bytesInMemory >= SETTLE_BYTES && !settling) {
        settle().then(again, () => schedule(RETRY_MS));
      }
    },
    has: (uuid) => kept.has(uuid),
    read,
    async remove(uuids) {
      const there = uuids.filter(forget);
      if (there.length > 0) await journal.dropKept(there);
    },
    list: () => [...kept.keys()],
    async [Symbol.asyncDispose]() {
      closing = true;
      clearTimeout(timer);
      await settling?.catch(() => {}); // what is left stays in the journal
      if (kept.size > 0) await settleAll().catch(() => {});
    },
  };
}

async function* each<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items;
}

/** Writes a file durably but for its name. @throws DicomError `storage-full` or `cannot-write` */
async function writeFile(
  { staged, final }: FilePath,
  bytes: Uint8Array,
  { writer, sync }: KeptFilesOptions,
): Promise<void> {
  const { sha256, flushed } = writer.begin(staged).end(bytes, sync);
  try {
    await Promise.all([sha256, flushed]);
    await writer.rename({ from: staged, to: final });
  } catch (error) {
    await Deno.remove(staged).catch(ignoreMissing);
    throw error;
  }
}
