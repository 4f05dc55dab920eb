import assert from "node:assert/strict";
import { createExtract } from "../../core/archive/extract.ts";
import { createIngest, type Ingest } from "../../core/archive/ingest.ts";
import { everyResource, ROW_ONLY } from "../../core/archive/query.ts";
import { recover } from "../../core/archive/recover.ts";
import { createRemove } from "../../core/archive/remove.ts";
import { DEFAULT_MAIN_TAGS } from "../../core/archive/resource.ts";
import { sha256Of } from "../../core/bytes/digest.ts";
import { defaultCharacterSets } from "../../core/dicom/charset.ts";
import type { FileStore, Index, Log, OverwritePolicy } from "../../core/ports.ts";
import { openFolder } from "../../storage/folder.ts";
import { createTestClock } from "./clock.ts";
import { CrashingProcess } from "./crash.ts";
import { openLocalIndex } from "./index.ts";

/** A folder with an index, in which archives are opened one after the other. */
export interface ArchivePlace extends AsyncDisposable {
  readonly folder: string;
  /** Opens it as a new process does; nothing is recovered yet. */
  open(options?: OpenOptions): Promise<TestArchive>;
}

/** How an archive is opened. */
export interface OpenOptions {
  readonly overwrite?: OverwritePolicy;
  /** When its process ends. */
  readonly process?: CrashingProcess;
  /** Put around the files, to make them fail. */
  readonly around?: (files: FileStore) => FileStore;
  /** Whether small files are kept in the index at first; not by default. */
  readonly keepsSmall?: boolean;
}

/** The functions of the archive over real files and a real index. */
export interface TestArchive extends AsyncDisposable {
  readonly index: Index;
  readonly files: FileStore;
  readonly ingest: Ingest;
  /** Stages and ingests one file. */
  store(bytes: Uint8Array): ReturnType<Ingest>;
  readonly remove: ReturnType<typeof createRemove>;
  recover(): Promise<void>;
  /** How often the ingest said that something is new. */
  readonly stored: () => number;
  readonly lines: readonly string[];
}

/** Makes an empty place. */
export async function makePlace(): Promise<ArchivePlace> {
  const folder = await Deno.makeTempDir();
  return {
    folder,
    open: (options = {}) => openArchive(folder, options),
    [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }),
  };
}

async function openArchive(folder: string, options: OpenOptions): Promise<TestArchive> {
  const { overwrite = "Never", process = new CrashingProcess(Infinity), around } = options;
  const { keepsSmall = false } = options;
  const localIndex = openLocalIndex(`${folder}/index.sqlite`);
  const localFiles = await openFolder({
    root: `${folder}/files`,
    journal: localIndex,
    sync: true,
    ...(!keepsSmall && { small: 0 }),
  });
  const index = process.port(localIndex);
  const files = process.files(around ? around(localFiles) : localFiles);
  const lines: string[] = [];
  const log: Log = (level, message) => void lines.push(`${level}: ${message}`);
  const extract = createExtract({
    mainTags: DEFAULT_MAIN_TAGS,
    defaultSets: defaultCharacterSets("Latin1"),
    maximumInflated: 1e6,
  });
  let stored = 0;
  const clock = createTestClock();
  const ports = { index, files, clock, log, extract };
  const ingest = createIngest({ ...ports, overwrite, stored: () => void stored++ });
  return {
    index,
    files,
    ingest,
    async store(bytes) {
      await using staged = await files.stage(pieces(bytes));
      return await ingest(staged, { kind: "recovery" });
    },
    remove: createRemove({ index, files, log }),
    recover: () => recover(ports),
    stored: () => stored,
    lines,
    async [Symbol.asyncDispose]() {
      await process[Symbol.asyncDispose]();
      await localFiles[Symbol.asyncDispose]();
      await localIndex[Symbol.asyncDispose]();
    },
  };
}

async function* pieces(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 100) yield bytes.subarray(at, at + 100);
}

/**
 * Asserts that each row has its file, each file its row, and that nothing waits to be done.
 *
 * @returns SHA-256 of each instance, by identifier
 */
export async function assertWhole(place: ArchivePlace): Promise<Map<string, string>> {
  await using archive = await place.open();
  const { index, files } = archive;
  const instances = await index.find(everyResource("Instance"), ROW_ONLY);
  const found = new Map<string, string>();
  for (const { id, file } of instances) {
    await using open = await files.open(file!.uuid);
    assert.equal(await sha256Of(open), file!.sha256);
    found.set(id, file!.sha256);
  }
  const uuids = instances.map(({ file }) => file!.uuid);
  assert.deepEqual((await filesIn(`${place.folder}/files`)).sort(), uuids.sort());
  assert.deepEqual(await index.obsoleteFiles(), []);
  assert.deepEqual(await index.unflushed(), []);
  return found;
}

/** Names of all files below a folder. */
export async function filesIn(folder: string): Promise<string[]> {
  const names: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (isDirectory) names.push(...await filesIn(`${folder}/${name}`));
    else names.push(name);
  }
  return names;
}
