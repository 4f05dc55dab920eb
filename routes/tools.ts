import { Hono } from "hono";
import type { App } from "../core/app.ts";
import { orthancDate } from "../core/archive/resource.ts";
import { generateUid } from "../core/dicom/uid.ts";
import { DicomError } from "../core/errors.ts";
import { applyDefaultEncoding } from "../core/reload.ts";
import { LOG_CATEGORIES, VERBOSITIES, type Verbosity } from "../core/log.ts";
import { bulkRoutes } from "./bulk.ts";
import { empty } from "./errors.ts";
import { findRoutes } from "./find.ts";
import { readText } from "./body.ts";
import { answerDicomEcho } from "./modalities.ts";
import { emptyJson, json, text } from "./respond.ts";

const MINUTE_MS = 60_000;

/** Everything under /tools. */
export function toolRoutes(app: App): Hono {
  const { clock, control } = app;
  const routes = new Hono()
    .get("/now", (c) => text(c, orthancDate(clock.now())))
    .get("/now-local", (c) => {
      const offset = new Date(clock.now()).getTimezoneOffset() * MINUTE_MS;
      return text(c, orthancDate(clock.now() - offset));
    })
    .get("/generate-uid", (c) => {
      const generate = UID_BY_LEVEL.get(c.req.query("level") ?? "");
      return generate ? text(c, generate()) : empty(c, 404);
    })
    .get("/default-encoding", (c) => text(c, app.config.defaultEncoding))
    .put(
      "/default-encoding",
      async (c) => text(c, applyDefaultEncoding(app.config, (await readText(c)).trim())),
    )
    .get("/labels", async (c) => json(c, await app.index.labels()))
    .post("/dicom-echo", (c) => answerDicomEcho(c, app))
    .post("/reset", (c) => {
      control.restart();
      return emptyJson(c);
    })
    .post("/shutdown", (c) => {
      control.shutdown();
      return emptyJson(c);
    })
    .route("/", findRoutes(app))
    .route("/", bulkRoutes(app))
    .route("/", logLevelRoutes(app));
  return routes.get("/", (c) => json(c, toolNames(routes)));
}

/** Orthanc gives patients a UUID, and everything else a UID. */
const UID_BY_LEVEL: ReadonlyMap<string, () => string> = new Map([
  ["patient", () => crypto.randomUUID()],
  ["study", generateUid],
  ["series", generateUid],
  ["instance", generateUid],
]);

function logLevelRoutes({ logs }: App): Hono {
  const routes = new Hono()
    .get("/log-level", (c) => text(c, logs.verbosity("generic")))
    .put("/log-level", async (c) => {
      const verbosity = parseVerbosity(await readText(c));
      for (const category of LOG_CATEGORIES) logs.setVerbosity(category, verbosity);
      return text(c, "");
    });
  for (const category of LOG_CATEGORIES) {
    routes
      .get(`/log-level-${category}`, (c) => text(c, logs.verbosity(category)))
      .put(`/log-level-${category}`, async (c) => {
        logs.setVerbosity(category, parseVerbosity(await readText(c)));
        return text(c, "");
      });
  }
  return routes;
}

function parseVerbosity(written: string): Verbosity {
  const verbosity = VERBOSITIES.find((known) => known === written.trim());
  if (verbosity) return verbosity;
  throw new DicomError("out-of-range", 'Verbosity can be "default", "verbose" or "trace"');
}

/** What there is under /tools, sorted. */
function toolNames(routes: Hono): string[] {
  const names = routes.routes.map(({ path }) => path.slice(1)).filter((name) => name !== "");
  return [...new Set(names)].sort();
}
