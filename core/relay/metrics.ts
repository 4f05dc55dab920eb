import type { DutyCount } from "../ports/duties.ts";

/** Upper ends of histogram buckets, in seconds. */
const BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

/** What each metric is. */
const METRICS = {
  relay_instances_received_total: ["counter", "Instances stored, by calling AE title"],
  relay_tries_total: ["counter", "Deliveries tried, by destination and outcome"],
  relay_sent_bytes_total: ["counter", "Bytes of instances that were accepted"],
  relay_send_seconds: ["histogram", "Time that deliveries took"],
  relay_confirmed_total: ["counter", "Duties confirmed, by level of proof"],
  relay_dead_total: ["counter", "Duties given up, by reason"],
  relay_duplicates_total: [
    "counter",
    "Instances sent again because the process ended while sending",
  ],
  relay_unrouted_total: ["counter", "Instances that no rule applied to"],
  relay_hash_mismatch_total: ["counter", "Damaged files that were not sent"],
  relay_clock_step_seconds: ["gauge", "By how much the clock was set last"],
  relay_duties: ["gauge", "Duties by destination and state"],
  relay_oldest_ready_seconds: ["gauge", "Age of the oldest duty that could be sent"],
  relay_breaker_open: ["gauge", "Whether a destination is left alone"],
} as const;

/** A metric, by name. */
export type MetricName = keyof typeof METRICS;

/** Labels of a value. */
export type Labels = Readonly<Record<string, string>>;

/** Values that change all the time, since the start of the process. */
export interface Metrics {
  add(name: MetricName, labels: Labels, value?: number): void;
  set(name: MetricName, labels: Labels, value: number): void;
  observe(name: MetricName, labels: Labels, seconds: number): void;
  /** All values in the text format of Prometheus (version 0.0.4). */
  text(now: MomentaryValues): string;
}

/** What is counted when it is asked for. */
export interface MomentaryValues {
  readonly duties: readonly DutyCount[];
  /** Seconds by destination. */
  readonly oldest: ReadonlyMap<string, number>;
  /** Whether the breaker is open, by destination. */
  readonly breakers: ReadonlyMap<string, boolean>;
}

/** Makes empty metrics. */
export function createMetrics(): Metrics {
  const values = new Map<MetricName, Map<string, number>>();
  const histograms = new Map<MetricName, Map<string, { counts: number[]; sum: number }>>();
  const of = <T>(all: Map<MetricName, Map<string, T>>, name: MetricName) => {
    let found = all.get(name);
    if (!found) all.set(name, found = new Map());
    return found;
  };

  return {
    add(name, labels, value = 1) {
      const series = of(values, name);
      const key = labelText(labels);
      series.set(key, (series.get(key) ?? 0) + value);
    },
    set: (name, labels, value) => void of(values, name).set(labelText(labels), value),
    observe(name, labels, seconds) {
      const series = of(histograms, name);
      const key = labelText(labels);
      const histogram = series.get(key) ?? { counts: BUCKETS.map(() => 0).concat(0), sum: 0 };
      const bucket = BUCKETS.findIndex((end) => seconds <= end);
      histogram.counts[bucket < 0 ? BUCKETS.length : bucket]!++;
      histogram.sum += seconds;
      series.set(key, histogram);
    },
    text(now) {
      const momentary = momentaryLines(now);
      return Object.entries(METRICS).flatMap(([name, [type, help]]) => {
        const known = name as MetricName;
        const lines = [
          ...[...of(values, known)].map(([labels, value]) => `${name}${labels} ${value}`),
          ...[...of(histograms, known)].flatMap(([labels, each]) =>
            histogramLines(name, labels, each)
          ),
          ...momentary.filter((line) => line.startsWith(`${name}{`)),
        ];
        return lines.length === 0
          ? []
          : [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, ...lines];
      }).join("\n") + "\n";
    },
  };
}

function momentaryLines({ duties, oldest, breakers }: MomentaryValues): string[] {
  return [
    ...duties.map(({ destination, state, count }) =>
      `relay_duties${labelText({ destination, state })} ${count}`
    ),
    ...[...oldest].map(([destination, seconds]) =>
      `relay_oldest_ready_seconds${labelText({ destination })} ${seconds}`
    ),
    ...[...breakers].map(([destination, open]) =>
      `relay_breaker_open${labelText({ destination })} ${open ? 1 : 0}`
    ),
  ];
}

function histogramLines(
  name: string,
  labels: string,
  { counts, sum }: { readonly counts: readonly number[]; readonly sum: number },
): string[] {
  let total = 0;
  const lines = counts.map((count, n) => {
    total += count;
    const le = n < BUCKETS.length ? String(BUCKETS[n]) : "+Inf";
    return `${name}_bucket${withLabel(labels, `le="${le}"`)} ${total}`;
  });
  return [...lines, `${name}_sum${labels} ${sum}`, `${name}_count${labels} ${total}`];
}

function withLabel(labels: string, label: string): string {
  return labels === "" ? `{${label}}` : `${labels.slice(0, -1)},${label}}`;
}

/** Labels as Prometheus has them, with quotes, backslashes and line ends escaped. */
function labelText(labels: Labels): string {
  const entries = Object.entries(labels);
  if (entries.length === 0) return "";
  const escape = (text: string) =>
    text.replace(/\\/g, "\\\\").replace(/"/g, '\\"').replace(/\n/g, "\\n");
  return `{${entries.map(([name, value]) => `${name}="${escape(value)}"`).join(",")}}`;
}
