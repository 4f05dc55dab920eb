import { concurrently } from "../../core/archive/concurrently.ts";
import { DicomError, type ErrorCode } from "../../core/errors.ts";
import { type Candidate, dicomFiles, unknownTo } from "./import/candidates.ts";
import { openLocalFile, readFailure } from "./import/local_file.ts";
import { createProgress, megabytes } from "./import/progress.ts";
import { createImportServer, type ImportServer } from "./import/server.ts";
import { createTally, type ImportSummary, type Tally } from "./import/tally.ts";
import { countTotals } from "./import/totals.ts";

/** What to import, and where to. */
export interface ImportOptions {
  /** Folders, or single files. */
  readonly folders: readonly string[];
  /** Of the server; may hold user and password. */
  readonly url: URL;
  readonly user?: string | undefined;
  readonly password?: string | undefined;
  /** Files that are sent at the same time. */
  readonly concurrency?: number;
  /** Takes progress, failures and the summary. */
  readonly write: (text: string) => void;
  /** Whether `write` goes to a terminal, which can show a bar. */
  readonly isTerminal: boolean;
  /** Ends the import, without an error; what has been stored stays. */
  readonly signal: AbortSignal;
  /** Milliseconds; for tests. */
  readonly now?: () => number;
  readonly sleep?: (ms: number) => Promise<void>;
}

/** Files that are sent at the same time unless told otherwise. */
const CONCURRENCY = 4;

/** Failures of the server, which the next file would meet too. */
const FATAL: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "network",
  "unauthorized",
  "storage-full",
]);

/**
 * Sends all DICOM files below folders to a server of ours or an Orthanc, but for those that it has. Files
 * that cannot be read or are refused are reported and counted, and the others go on. Memory does not grow
 * with their number.
 *
 * @throws DicomError `bad-uri` if `url` is not of HTTP; `network`, `unauthorized` or `storage-full` when no
 * further file could be stored
 */
export async function importFolders(options: ImportOptions): Promise<ImportSummary> {
  const { folders, concurrency = CONCURRENCY, write, isTerminal, signal, now = Date.now } = options;
  const progress = createProgress({ write, isTerminal, now });
  await using totals = countTotals(folders);
  using server = createImportServer(serverOptions(options));
  const tally = createTally(progress, totals);
  const files = unknownTo(server, dicomFiles(folders, tally, signal), tally);
  const start = now();
  try {
    await concurrently(files, concurrency, (file) => send(server, file, { tally, signal }));
  } catch (error) {
    if (!signal.aborted) throw error;
    progress.line("stopped");
  } finally {
    progress.end();
    write(summarize(tally, now() - start));
  }
  return tally.counts;
}

/** Sends one file; what is wrong with it alone is counted. */
async function send(
  server: ImportServer,
  { path, size }: Candidate,
  { tally, signal }: { tally: Tally; signal: AbortSignal },
): Promise<void> {
  signal.throwIfAborted();
  let sent = 0;
  try {
    using file = await openLocalFile(path);
    const outcome = await server.store(file, (bytes) => {
      sent += bytes;
      tally.addSent(bytes);
    });
    if (outcome.kind === "failed") tally.fail(path, outcome.reason, size - sent);
    else tally.done(outcome.kind === "filtered" ? "skipped" : outcome.kind, size - sent);
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof DicomError && FATAL.has(error.code)) throw error;
    tally.fail(path, readFailure(error), size - sent);
  }
}

function summarize({ counts, sent }: Tally, durationMs: number): string {
  const { stored, already, failed, skipped } = counts;
  const files = `${stored} stored, ${already} already there, ${failed} failed, ${skipped} skipped`;
  return `${files}; ${megabytes(sent)} MB sent in ${(durationMs / 1000).toFixed(1)} s\n`;
}

function serverOptions(options: ImportOptions) {
  const { user, password, concurrency = CONCURRENCY, sleep = wait, signal } = options;
  const url = new URL(options.url);
  if (!/^https?:$/.test(url.protocol)) {
    throw new DicomError("bad-uri", "Cannot import: the URL begins with neither http: nor https:");
  }
  if (!url.pathname.endsWith("/")) url.pathname += "/";
  const fromUrl = url.username === "" ? undefined : decodeURIComponent(url.username);
  const credentials = {
    user: user ?? fromUrl,
    password: password ?? decodeURIComponent(url.password),
  };
  url.username = url.password = "";
  return { url, ...credentials, connections: concurrency + 1, sleep, signal };
}

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
