import type { Progress } from "./progress.ts";
import type { Totals } from "./totals.ts";

/** How many files became what. */
export interface ImportSummary {
  readonly stored: number;
  /** The server had them. */
  readonly already: number;
  readonly failed: number;
  /** Not DICOM, a DICOMDIR, a symbolic link, or refused by a filter of the server. */
  readonly skipped: number;
}

/** Counts what becomes of the files, and shows it. */
export interface Tally {
  readonly counts: ImportSummary;
  /** Bytes that were sent. */
  readonly sent: number;
  /** A file is done with; `bytes` of it have not been counted as sent. */
  done(kind: keyof ImportSummary, bytes: number): void;
  /** A file failed for a reason that is shown. */
  fail(path: string, reason: string, bytes: number): void;
  /** Bytes have gone out, or have to go out again when negative. */
  addSent(bytes: number): void;
}

/** Begins to count. */
export function createTally(progress: Progress, totals: Totals): Tally {
  const counts = { stored: 0, already: 0, failed: 0, skipped: 0 };
  let bytes = 0;
  let sent = 0;
  const update = () => {
    const files = counts.stored + counts.already + counts.failed + counts.skipped;
    progress.update({ files, bytes, sent, total: totals.result });
  };
  const done: Tally["done"] = (kind, rest) => {
    counts[kind]++;
    bytes += rest;
    update();
  };
  return {
    counts,
    get sent() {
      return sent;
    },
    done,
    fail(path, reason, rest) {
      progress.line(`failed: ${path}: ${reason}`);
      done("failed", rest);
    },
    addSent(more) {
      bytes += more;
      sent += more;
      update();
    },
  };
}
