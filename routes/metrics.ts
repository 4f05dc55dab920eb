import { Hono, type MiddlewareHandler } from "hono";
import type { App } from "../core/app.ts";
import type { Metrics, Sample } from "../core/metrics.ts";
import { DicomError } from "../core/errors.ts";
import { OUTPOST_VERSION } from "../core/version.ts";
import { readText } from "./body.ts";
import { text } from "./respond.ts";

const BYTES_PER_MB = 1048576;
const MS_PER_SECOND = 1000;
const MEDIA_TYPE = "text/plain; version=0.0.4";
const BOOLEANS: ReadonlyMap<string, boolean> = new Map([
  ["0", false],
  ["1", true],
  ["false", false],
  ["true", true],
]);

/** What the server counts, for Prometheus, with Orthanc's names and our own (`outpost_…`). */
export function metricsRoutes(app: App): Hono {
  const { metrics } = app;
  return new Hono()
    .get("/metrics", (c) => text(c, metrics.enabled ? "1" : "0"))
    .put("/metrics", async (c) => {
      const enabled = BOOLEANS.get((await readText(c)).trim());
      if (enabled === undefined) throw new DicomError("bad-file", "Boolean value expected");
      metrics.enabled = enabled;
      return text(c, "");
    })
    .get("/metrics-prometheus", async (c) => {
      const now = app.clock.now();
      const lines = metrics.enabled ? await allSamples(app) : [];
      const written = lines.map(({ name, value }) => `${name} ${value} ${now}\n`);
      return c.body(written.join(""), 200, { "Content-Type": MEDIA_TYPE });
    });
}

/** Counts requests, those in hand, and how long the longest took. */
export function meterRequests(metrics: Metrics): MiddlewareHandler {
  return async (c, next) => {
    const start = performance.now();
    metrics.change("orthanc_rest_api_active_requests", 1);
    try {
      await next();
    } finally {
      metrics.change("orthanc_rest_api_active_requests", -1);
      metrics.observe("orthanc_rest_api_duration_ms", performance.now() - start);
      const status = `${Math.floor(c.res.status / 100)}xx`;
      metrics.count("outpost_http_requests_total", 1, { method: methodOf(c.req.method), status });
    }
  };
}

const COUNTED_METHODS: ReadonlySet<string> = new Set(["GET", "HEAD", "POST", "PUT", "DELETE"]);

/** Clients may send any method, and each would be a series of its own. */
function methodOf(method: string): string {
  return COUNTED_METHODS.has(method) ? method : "other";
}

async function allSamples(app: App): Promise<Sample[]> {
  const samples = [
    ...app.metrics.samples(),
    ...await archiveSamples(app),
    ...jobSamples(app),
    ...await app.relay.samples(),
    ...diskSamples(app),
    ...processSamples(),
  ];
  return samples.sort((a, b) => a.name < b.name ? -1 : 1);
}

async function archiveSamples({ index }: App): Promise<Sample[]> {
  const { count, size } = await index.statistics();
  const { lastSeq } = await index.changes({ since: 0, to: undefined, limit: 1, types: [] });
  return toSamples({
    orthanc_count_patients: count.Patient,
    orthanc_count_studies: count.Study,
    orthanc_count_series: count.Series,
    orthanc_count_instances: count.Instance,
    orthanc_disk_size_mb: size / BYTES_PER_MB,
    orthanc_uncompressed_size_mb: size / BYTES_PER_MB,
    orthanc_last_change: lastSeq,
  });
}

function jobSamples({ jobs }: App): Sample[] {
  const states = jobs.list().map(({ state }) => state);
  const of = (wanted: string) => states.filter((state) => state === wanted).length;
  return toSamples({
    orthanc_jobs_pending: of("Pending"),
    orthanc_jobs_running: of("Running"),
    orthanc_jobs_completed: of("Success") + of("Failure"),
    orthanc_jobs_success: of("Success"),
    orthanc_jobs_failed: of("Failure"),
  });
}

function diskSamples({ disk }: App): Sample[] {
  if (!disk?.space) return [];
  return toSamples({
    outpost_disk_free_bytes: disk.space.free,
    outpost_disk_total_bytes: disk.space.total,
    outpost_disk_full: disk.level === "full" ? 1 : 0,
    outpost_disk_writable: disk.isWritable ? 1 : 0,
  });
}

function processSamples(): Sample[] {
  const { rss, heapUsed } = Deno.memoryUsage();
  return toSamples({
    orthanc_up_time_s: Math.floor(performance.now() / MS_PER_SECOND),
    outpost_memory_bytes: rss,
    outpost_heap_bytes: heapUsed,
    [`outpost_build_info{version="${OUTPOST_VERSION}"}`]: 1,
  });
}

function toSamples(values: Readonly<Record<string, number>>): Sample[] {
  return Object.entries(values).map(([name, value]) => ({ name, value }));
}
