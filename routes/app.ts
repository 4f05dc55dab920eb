import { type Context, Hono } from "hono";
import { compress } from "hono/compress";
import type { App } from "../core/app.ts";
import { LEVELS } from "../core/archive/resource.ts";
import { verifyPassword } from "../core/passwords.ts";
import { protect } from "./access.ts";
import { auditRequests } from "./access/audit_requests.ts";
import { archiveOutputRoutes, archiveRoutes, archiveToolRoutes } from "./archive.ts";
import { associationRoutes } from "./associations.ts";
import { attachmentRoutes } from "./attachments.ts";
import { auditRoutes } from "./audit.ts";
import { exportRoutes } from "./exports.ts";
import { limitBody } from "./body.ts";
import { changeRoutes } from "./changes.ts";
import { createDicomRoutes } from "./create_dicom.ts";
import { createErrorHandlers, empty } from "./errors.ts";
import { healthRoutes } from "./health.ts";
import { housekeeperRoutes } from "./housekeeper.ts";
import { imageRoutes, seriesImageRoutes, unsupportedImageRoutes } from "./images.ts";
import { instanceRoutes } from "./instances.ts";
import { jobRoutes } from "./jobs.ts";
import { labelRoutes } from "./labels.ts";
import { LEVEL_NAMES } from "./levels.ts";
import { meterRequests, metricsRoutes } from "./metrics.ts";
import { metadataRoutes } from "./metadata.ts";
import { createMethodTable, METHODS } from "./method.ts";
import { bulkModifyRoutes, modifyRoutes } from "./modify.ts";
import { modalityRoutes } from "./modalities.ts";
import { openApiRoutes } from "./openapi.ts";
import { peerRoutes } from "./peers.ts";
import { protectionRoutes } from "./protection.ts";
import { orderedSliceRoutes } from "./ordered_slices.ts";
import { queryRoutes } from "./queries.ts";
import { reconstructRoutes, reconstructToolRoutes } from "./reconstruct.ts";
import { splitMergeRoutes } from "./split_merge.ts";
import { logRequests } from "./request_log.ts";
import { deliveryRoutes, relayRoutes } from "./relay.ts";
import { resourceRoutes } from "./resources.ts";
import { storageCommitmentRoutes } from "./storage_commitment.ts";
import { systemRoutes } from "./system.ts";
import { instanceTagRoutes, resourceTagRoutes } from "./tags.ts";
import { toolRoutes } from "./tools.ts";

const BYTES_PER_MB = 1048576;
/** Shorter answers are not worth compressing (option `HttpCompressionEnabled`). */
const COMPRESSED_BYTES = 2048;

/** Where the plugin of Orthanc answers, now and before. */
const HOUSEKEEPER_PATHS = ["/housekeeper", "/plugins/housekeeper"];

/** The whole HTTP surface: one line for each group of routes. */
export function createRoutes(app: App): Hono {
  const { config, logs } = app;
  const routes = new Hono({ getPath });
  const { onError, notFound } = createErrorHandlers({
    log: logs.of("http"),
    describe: config.httpDescribeErrors,
  });
  routes.onError(onError);
  routes.use(logRequests({ log: logs.of("http"), deidentify: config.deidentifyLogs }));
  routes.use(meterRequests(app.metrics));
  routes.route("/", healthRoutes(app));
  routes.use(auditRequests(app.audit));
  if (config.httpCompressionEnabled) routes.use(compress({ threshold: COMPRESSED_BYTES }));
  routes.use(protect({
    ...config,
    users: config.registeredUsers,
    tokens: config.apiTokens,
    verifyPassword,
    uptime: app.clock.uptime,
  }));
  routes.use(limitBody({
    maximumBytes: config.maximumRequestBodySizeMB * BYTES_PER_MB,
    maximumInflated: config.maximumFileSizeInArchiveMB * BYTES_PER_MB,
  }));

  routes.route("/", systemRoutes(app));
  routes.route("/", openApiRoutes());
  routes.route("/changes", changeRoutes(app));
  routes.route("/exports", exportRoutes(app));
  for (const path of HOUSEKEEPER_PATHS) routes.route(path, housekeeperRoutes(app));
  routes.route("/patients", protectionRoutes(app));
  routes.route("/studies", splitMergeRoutes(app));
  routes.route("/audit", auditRoutes(app));
  routes.route("/associations", associationRoutes(app));
  routes.route("/tools", archiveToolRoutes(app));
  routes.route("/tools", metricsRoutes(app));
  routes.route("/tools", toolRoutes(app));
  routes.route("/tools", bulkModifyRoutes(app));
  routes.route("/tools", createDicomRoutes(app));
  routes.route("/tools", reconstructToolRoutes(app));
  routes.route("/modalities", modalityRoutes(app));
  routes.route("/peers", peerRoutes(app));
  routes.route("/relay", relayRoutes(app));
  routes.route("/studies", deliveryRoutes(app));
  routes.route("/queries", queryRoutes(app));
  routes.route("/jobs", jobRoutes(app));
  routes.route("/jobs", archiveOutputRoutes(app));
  routes.route("/storage-commitment", storageCommitmentRoutes(app));
  routes.route("/instances", instanceRoutes(app));
  routes.route("/instances", instanceTagRoutes(app));
  routes.route("/instances", imageRoutes(app));
  routes.route("/series", seriesImageRoutes(app));
  routes.route("/app/images", unsupportedImageRoutes());
  for (const level of LEVELS) {
    const path = `/${LEVEL_NAMES[level].segment}`;
    routes.route(path, resourceRoutes(app, level));
    routes.route(path, resourceTagRoutes(app, level));
    routes.route(path, labelRoutes(app, level));
    routes.route(path, modifyRoutes(app, level));
    routes.route(path, reconstructRoutes(app, level));
    routes.route(path, archiveRoutes(app, level));
    if (level === "Series") routes.route(path, orderedSliceRoutes(app));
    routes.route(path, metadataRoutes(app, level));
    routes.route(path, attachmentRoutes(app, level));
  }

  const methodsOf = createMethodTable(routes);
  routes.notFound((c) => wrongMethod(c, methodsOf) ?? notFound(c));
  return routes;
}

/** The path without doubled and trailing slashes, which Orthanc does not mind. */
function getPath(request: Request): string {
  return new URL(request.url).pathname.replace(/\/{2,}/g, "/").replace(/(.)\/$/, "$1");
}

/** Orthanc's answers to methods that a path, or the whole API, does not know. */
function wrongMethod(c: Context, methodsOf: (path: string) => readonly string[]) {
  const known: readonly string[] = METHODS;
  if (!known.includes(c.req.method)) return empty(c, 400);
  if (c.req.method === "OPTIONS") return empty(c, 404);
  const allowed = methodsOf(getPath(c.req.raw));
  if (allowed.length === 0) return undefined;
  c.header("Allow", allowed.join(", "));
  return empty(c, 405);
}
