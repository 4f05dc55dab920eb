import type { DutyCount } from "../ports/duties.ts";

/** Upper ends of histogram buckets, in seconds. */
const BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

/** What is counted while the process runs, each with its labels. */
export type CounterName =
  | "relay_instances_received_total"
  | "relay_tries_total"
  | "relay_sent_bytes_total"
  | "relay_confirmed_total"
  | "relay_dead_total"
  | "relay_duplicates_total"
  | "relay_unrouted_total"
  | "relay_hash_mismatch_total"
  | "relay_refused_total"
  | "relay_clock_step_seconds";

/** What takes time, as histograms. */
export type HistogramName = "relay_receive_seconds" | "relay_commit_seconds" | "relay_send_seconds";

/** Labels of a value. */
export type Labels = Readonly<Record<string, string>>;

/** A value of the text format of Prometheus, whose name has its labels. */
export interface Sample {
  readonly name: string;
  readonly value: number;
}

/** What the relay counts and measures. */
export interface RelayMetrics {
  add(name: CounterName, labels: Labels, value?: number): void;
  set(name: CounterName, labels: Labels, value: number): void;
  /** Notes how long something took. */
  observe(name: HistogramName, labels: Labels, seconds: number): void;
  samples(now: MomentaryValues): readonly Sample[];
}

/** What is counted when it is asked for. */
export interface MomentaryValues {
  readonly duties: readonly DutyCount[];
  /** Seconds by destination. */
  readonly oldest: ReadonlyMap<string, number>;
  /** Whether the breaker is open, by destination. */
  readonly breakers: ReadonlyMap<string, boolean>;
  /** Bytes; undefined where it is not known. */
  readonly diskFree: number | undefined;
}

interface Histogram {
  readonly name: HistogramName;
  readonly labels: Labels;
  readonly counts: number[];
  sum: number;
}

/** Makes empty metrics. */
export function createRelayMetrics(): RelayMetrics {
  const values = new Map<string, number>();
  const histograms = new Map<string, Histogram>();
  return {
    add(name, labels, value = 1) {
      const key = name + labelText(labels);
      values.set(key, (values.get(key) ?? 0) + value);
    },
    set: (name, labels, value) => void values.set(name + labelText(labels), value),
    observe(name, labels, seconds) {
      const key = name + labelText(labels);
      let histogram = histograms.get(key);
      if (!histogram) {
        histogram = { name, labels, counts: BUCKETS.map(() => 0).concat(0), sum: 0 };
        histograms.set(key, histogram);
      }
      const bucket = BUCKETS.findIndex((end) => seconds <= end);
      histogram.counts[bucket < 0 ? BUCKETS.length : bucket]!++;
      histogram.sum += seconds;
    },
    samples: (now) => [
      ...[...values].map(([name, value]) => ({ name, value })),
      ...[...histograms.values()].flatMap(histogramSamples),
      ...momentarySamples(now),
    ],
  };
}

function momentarySamples({ duties, oldest, breakers, diskFree }: MomentaryValues): Sample[] {
  return [
    ...(diskFree === undefined ? [] : [{ name: "relay_disk_free_bytes", value: diskFree }]),
    ...duties.map(({ destination, state, count }) => ({
      name: `relay_duties${labelText({ destination, state })}`,
      value: count,
    })),
    ...[...oldest].map(([destination, value]) => ({
      name: `relay_oldest_ready_seconds${labelText({ destination })}`,
      value,
    })),
    ...[...breakers].map(([destination, open]) => ({
      name: `relay_breaker_open${labelText({ destination })}`,
      value: open ? 1 : 0,
    })),
  ];
}

/** A histogram as cumulative counts (Prometheus, "Histograms"). */
function histogramSamples({ name, labels, counts, sum }: Histogram): Sample[] {
  let total = 0;
  const buckets = counts.map((count, n) => {
    total += count;
    const le = n < BUCKETS.length ? String(BUCKETS[n]) : "+Inf";
    return { name: `${name}_bucket${labelText({ ...labels, le })}`, value: total };
  });
  return [
    ...buckets,
    { name: `${name}_sum${labelText(labels)}`, value: sum },
    { name: `${name}_count${labelText(labels)}`, value: total },
  ];
}

/** Labels with quotes, backslashes and line ends escaped. */
function labelText(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}
