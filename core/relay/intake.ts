import type { Ingest } from "../archive/ingest.ts";
import { DicomError } from "../errors.ts";
import type { FileStore, Index, StagedFile } from "../ports.ts";
import { createRelayMetrics, type RelayMetrics } from "./metrics.ts";

const MS = 1000;

/** Ports through which all comes in. */
export interface IntakePorts {
  readonly files: FileStore;
  readonly index: Index;
}

/** The same, with what comes in counted. */
export interface Intake extends IntakePorts {
  /** `ingest`, measured from the first byte that was staged. */
  meter(ingest: Ingest): Ingest;
  /** Where it is counted. */
  readonly metrics: RelayMetrics;
}

/** Counts what is refused, and how long receiving and committing take. */
export function createIntake({ files, index }: IntakePorts): Intake {
  const metrics = createRelayMetrics();
  const begun = new WeakMap<StagedFile, number>();

  async function counting<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      const reason = error instanceof DicomError ? error.code : "failure";
      metrics.add("relay_refused_total", { reason });
      throw error;
    }
  }

  return {
    metrics,
    files: {
      ...files,
      stage: (bytes) =>
        counting(async () => {
          const startedAt = performance.now();
          const staged = await files.stage(bytes);
          begun.set(staged, startedAt);
          return staged;
        }),
    },
    index: {
      ...index,
      async store(...args) {
        const startedAt = performance.now();
        const outcome = await index.store(...args);
        metrics.observe("relay_commit_seconds", {}, (performance.now() - startedAt) / MS);
        return outcome;
      },
    },
    meter: (ingest) => (staged, origin) =>
      counting(async () => {
        const startedAt = begun.get(staged) ?? performance.now();
        const outcome = await ingest(staged, origin);
        metrics.observe("relay_receive_seconds", {}, (performance.now() - startedAt) / MS);
        return outcome;
      }),
  };
}
