import { Hono } from "hono";
import type { App } from "../core/app.ts";
import { LEVELS } from "../core/archive/resource.ts";
import { protect } from "./access.ts";
import { changeRoutes } from "./changes.ts";
import { createErrorHandlers } from "./errors.ts";
import { instanceRoutes } from "./instances.ts";
import { labelRoutes } from "./labels.ts";
import { LEVEL_NAMES } from "./levels.ts";
import { resourceRoutes } from "./resources.ts";
import { systemRoutes } from "./system.ts";
import { instanceTagRoutes, resourceTagRoutes } from "./tags.ts";
import { toolRoutes } from "./tools.ts";

/** The whole HTTP surface: one line for each group of routes. */
export function createRoutes(app: App): Hono {
  const routes = new Hono();
  routes.use(protect(app.config));
  routes.route("/", systemRoutes(app));
  routes.route("/changes", changeRoutes(app));
  routes.route("/tools", toolRoutes(app));
  routes.route("/instances", instanceRoutes(app));
  routes.route("/instances", instanceTagRoutes(app));
  for (const level of LEVELS) {
    const path = `/${LEVEL_NAMES[level].segment}`;
    routes.route(path, resourceRoutes(app, level));
    routes.route(path, resourceTagRoutes(app, level));
    routes.route(path, labelRoutes(app, level));
  }
  return routes;
}
