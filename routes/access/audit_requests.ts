import type { Context, MiddlewareHandler } from "hono";
import type { Audit } from "../../core/security/audit.ts";
import type { AuditAction } from "../../core/security/audit_chain.ts";
import { remoteAddress, username } from "../access.ts";
import { requestIdOf } from "../request_log.ts";
import { routeRule, routesOf } from "./route_rules.ts";

/** A public identifier: what clients send in its place may be a patient's name, and is not written down. */
const ID = /^[0-9a-f]{8}(-[0-9a-f]{8}){4}$/;
/** Groups of routes whose parameters are names of the configuration, or of jobs, queries and duties. */
const CONFIGURED = /^\/(modalities|peers|relay|jobs|queries)\//;
const NAME = /^[A-Za-z0-9._-]{1,64}$/;
/** Identifiers of one request that are written down. */
const MOST_TARGETS = 10_000;

/** Notes what else a request is about, where its path does not say: public identifiers. */
export function noteTargets(c: Context, ids: readonly string[]): void {
  c.set("auditTargets", [...(c.get("auditTargets") ?? []), ...ids].slice(0, MOST_TARGETS));
}

/** Writes down requests that read, change or send what is stored, or configure; also those that were refused. */
export function auditRequests(audit: Audit): MiddlewareHandler {
  return async (c, next) => {
    await next();
    const found = audit.enabled ? auditedRoute(c) : undefined;
    if (!found) return;
    audit.record({
      who: username(c),
      from: remoteAddress(c),
      action: found.action,
      what: found.what,
      targets: targetsOf(c, found.path),
      outcome: String(c.res.status),
      request: requestIdOf(c),
    });
  };
}

interface AuditedRoute {
  readonly action: AuditAction;
  readonly what: string;
  readonly path: string;
}

function auditedRoute(c: Context): AuditedRoute | undefined {
  const route = routesOf(c).at(-1);
  const { method, path } = route ?? { method: c.req.method, path: "" };
  const what = `${method} ${path}`;
  if (c.get("loginFailed")) return { action: "login", what, path };
  if (c.res.status === 401) return undefined; // browsers ask without a password first
  const action = routeRule(method, path)?.action;
  return action && { action, what, path };
}

/** The identifiers in the path, and those that were noted. */
function targetsOf(c: Context, route: string): string[] {
  const given = c.req.path.split("/");
  const isPlain = CONFIGURED.test(route) ? NAME : ID;
  const inPath = route.split("/").flatMap((part, at) =>
    part.startsWith(":") ? given[at] ?? [] : []
  );
  const noted: readonly string[] = c.get("auditTargets") ?? [];
  const plain = [
    ...inPath.filter((text) => isPlain.test(text)),
    ...noted.filter((id) => ID.test(id)),
  ];
  return [...new Set(plain)];
}
