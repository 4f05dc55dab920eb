import { identify, openLocalFile, readFailure } from "./local_file.ts";
import type { ImportServer } from "./server.ts";
import type { Tally } from "./tally.ts";
import { walk } from "./walk.ts";

/** A DICOM file, read as far as it takes to know its instance. */
export interface Candidate {
  readonly path: string;
  /** In bytes. */
  readonly size: number;
  /** Public identifier; undefined where the file does not tell. */
  readonly id: string | undefined;
}

/** Files that the server is asked about together. */
const BATCH = 100;

/** The DICOM files below `paths`; the others are counted. A signal ends it with its reason. */
export async function* dicomFiles(
  paths: readonly string[],
  tally: Tally,
  signal: AbortSignal,
): AsyncGenerator<Candidate> {
  const events = {
    unreadable: (path: string) => tally.fail(path, "cannot be read", 0),
    skipped: () => tally.done("skipped", 0),
  };
  for await (const path of walk(paths, events)) {
    signal.throwIfAborted();
    const candidate = await inspect(path, tally);
    if (candidate) yield candidate;
  }
}

async function inspect(path: string, tally: Tally): Promise<Candidate | undefined> {
  try {
    using file = await openLocalFile(path);
    const { kind, id } = await identify(file);
    if (kind === "dicom") return { path, size: file.size, id };
    tally.done("skipped", file.size);
  } catch (error) {
    tally.fail(path, readFailure(error), 0);
  }
  return undefined;
}

/**
 * Those of `files` whose instances the server does not have; the others are counted.
 *
 * @throws DicomError `network`, `unauthorized`, `storage-full`
 */
export async function* unknownTo(
  server: Pick<ImportServer, "existing">,
  files: AsyncIterable<Candidate>,
  tally: Tally,
): AsyncGenerator<Candidate> {
  for await (const batch of batches(files)) {
    const ids = batch.flatMap(({ id }) => id ?? []);
    const existing = ids.length === 0 ? new Set<string>() : await server.existing(ids);
    for (const file of batch) {
      if (file.id !== undefined && existing.has(file.id)) tally.done("already", file.size);
      else yield file;
    }
  }
}

async function* batches(files: AsyncIterable<Candidate>): AsyncGenerator<Candidate[]> {
  let batch: Candidate[] = [];
  for await (const file of files) {
    batch.push(file);
    if (batch.length < BATCH) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}
