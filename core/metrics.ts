import type { FileStore, Index, StagedFile, StoreOutcome } from "./ports.ts";

/** Labels of a value, such as `{ outcome: "stored" }`. */
export type Labels = Readonly<Record<string, string>>;

/** A value of the text format of Prometheus, whose name may have labels. */
export interface Sample {
  readonly name: string;
  readonly value: number;
}

/** What the server counts and measures while it runs. */
export interface Metrics {
  /** Whether anything is counted (option `MetricsEnabled`, and `PUT /tools/metrics`). */
  enabled: boolean;
  /** Adds to a counter. */
  count(name: string, amount?: number, labels?: Labels): void;
  /** Adds to a gauge, which may go down too; also while nothing is counted, or it would be wrong after that. */
  change(name: string, amount: number): void;
  /** Notes how long something took; of ten seconds the longest counts, as with Orthanc. */
  observe(name: string, ms: number): void;
  /** All values, sorted by name. */
  samples(): readonly Sample[];
}

/** Over which durations are looked at. */
const WINDOW_MS = 10_000;

interface Longest {
  readonly ms: number;
  /** As of `performance.now()`. */
  readonly at: number;
}

/** Makes metrics in memory; `now` is a time in milliseconds that never steps. */
export function createMetrics(now: () => number = () => performance.now()): Metrics {
  const sums = new Map<string, number>();
  const longest = new Map<string, Longest>();
  const metrics: Metrics = {
    enabled: true,
    count(name, amount = 1, labels = {}) {
      if (metrics.enabled) metrics.change(name + labelText(labels), amount);
    },
    change: (name, amount) => void sums.set(name, (sums.get(name) ?? 0) + amount),
    observe(name, ms) {
      if (!metrics.enabled) return;
      const before = longest.get(name);
      if (!before || ms >= before.ms || now() - before.at > WINDOW_MS) {
        longest.set(name, { ms, at: now() });
      }
    },
    samples() {
      const durations = [...longest].map(([name, { ms }]) => ({ name, value: ms }));
      const counted = [...sums].map(([name, value]) => ({ name, value }));
      return [...durations, ...counted].sort((a, b) => a.name < b.name ? -1 : 1);
    },
  };
  return metrics;
}

function labelText(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}

/** The same index, with what it decides counted. */
export function meterIndex<Port extends Pick<Index, "store">>(index: Port, metrics: Metrics): Port {
  return {
    ...index,
    async store(...args: Parameters<Index["store"]>): Promise<StoreOutcome> {
      const start = performance.now();
      const outcome = await index.store(...args);
      if (outcome.kind !== "unflushed") {
        metrics.count("outpost_instances_received_total", 1, { outcome: outcome.kind });
      }
      metrics.observe("orthanc_store_dicom_duration_ms", performance.now() - start);
      return outcome;
    },
  };
}

/** The same files, with what is written counted. */
export function meterFiles<Port extends FileStore>(files: Port, metrics: Metrics): Port {
  return {
    ...files,
    async stage(bytes) {
      const staged = await files.stage(bytes);
      metrics.count("orthanc_storage_written_bytes", staged.file.size);
      return meterCommit(staged, metrics);
    },
  };
}

function meterCommit(staged: StagedFile, metrics: Metrics): StagedFile {
  return {
    file: staged.file,
    source: staged.source,
    async commit() {
      const start = performance.now();
      await staged.commit();
      metrics.observe("orthanc_storage_create_duration_ms", performance.now() - start);
    },
    ...(staged.durable && { durable: staged.durable }),
    [Symbol.asyncDispose]: () => staged[Symbol.asyncDispose](),
  };
}
