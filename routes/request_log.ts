import type { Context, MiddlewareHandler } from "hono";
import type { Log } from "../core/ports.ts";
import { remoteAddress, username } from "./access.ts";

/** What the log of requests depends on. */
export interface RequestLogOptions {
  readonly log: Log;
  /** Whether arguments of the query are left out, for they may name patients (option `DeidentifyLogs`). */
  readonly deidentify: boolean;
}

const HEADER = "X-Request-Id";
const ACCEPTED = /^[A-Za-z0-9._-]{1,64}$/;

/**
 * Gives each request an identifier, which the answer bears and lines of the log name, and writes down how it ended.
 * An identifier that a proxy has given is kept.
 */
export function logRequests({ log, deidentify }: RequestLogOptions): MiddlewareHandler {
  return async (c, next) => {
    const start = performance.now();
    const given = c.req.header(HEADER) ?? "";
    const requestId = ACCEPTED.test(given) ? given : crypto.randomUUID();
    c.set("requestId", requestId);
    c.header(HEADER, requestId);
    try {
      await next();
    } finally {
      log("info", "Request", {
        requestId,
        method: c.req.method,
        path: pathOf(c, deidentify),
        status: c.res.status,
        ms: Math.round(performance.now() - start),
        client: remoteAddress(c),
        user: username(c),
      });
    }
  };
}

/** The identifier of a request, for other lines of the log. */
export function requestIdOf(c: Context): string {
  return c.get("requestId") ?? crypto.randomUUID();
}

function pathOf(c: Context, deidentify: boolean): string {
  const { pathname, search } = new URL(c.req.url);
  return deidentify ? pathname : pathname + search;
}
