import type { Hono } from "hono";

/** Methods that the REST API knows; anything else is a bad request, as in Orthanc. */
export const METHODS = ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"] as const;

/** Makes the function that tells which methods a path answers; none if there is no such path. */
export function createMethodTable(routes: Hono): (path: string) => readonly string[] {
  const patterns = routes.routes
    .filter(({ method }) => method !== "ALL")
    .map(({ method, path }) => ({ method, pattern: patternOf(path) }));
  return (path) => {
    const fitting = patterns.filter(({ pattern }) => pattern.test(path));
    return [...new Set(fitting.map(({ method }) => method))];
  };
}

/** The expression that matches what a route's path matches. */
function patternOf(path: string): RegExp {
  const source = path.replace(/(.)\/$/, "$1")
    .replace(/[.*+?^$()|[\]\\]/g, "\\$&")
    .replace(/:\w+\{\\\.\\\+\}/g, ".+")
    .replace(/:\w+/g, "[^/]+");
  return new RegExp(`^${source}$`);
}
