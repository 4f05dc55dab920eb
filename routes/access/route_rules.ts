import type { Context } from "hono";
import { matchedRoutes } from "hono/route";
import type { AuditAction } from "../../core/security/audit_chain.ts";
import type { Role } from "../../core/security/roles.ts";

/** What a route asks of its user, and what the audit log calls its use. */
export interface RouteRule {
  readonly role: Role;
  /** Undefined where no patient's data is touched and nothing is configured. */
  readonly action: AuditAction | undefined;
}

const LEVELS = "(patients|studies|series|instances)";

/**
 * Who may use which route: the first row that fits `METHOD /path/of/:the/route` counts. A route without a row needs
 * `admin`, and a test names it.
 */
const RULES: readonly (readonly [route: RegExp, role: Role, action?: AuditAction])[] = [
  [/^GET \/audit/, "admin"],
  [/^(PUT|DELETE) \/(modalities|peers)\/:name$/, "admin", "configure"],
  [/^(PUT|POST|DELETE) \/relay\/rules\b/, "admin", "configure"],
  [/^(PUT|DELETE) \/relay\/destinations\b/, "admin", "configure"],
  [/^POST \/tools\/(reset|shutdown)$/, "admin", "configure"],
  [/^PUT \/tools\/(log-level(-\w+)?|metrics|default-encoding)$/, "admin", "configure"],
  [/^DELETE \/(changes|exports)$/, "admin", "configure"],

  [/^POST \/tools\/(find|count-resources|lookup)$/, "read", "search"],
  [/^POST \/tools\/bulk-content$/, "read", "read"],
  [/^(GET|POST) \/tools\/create-(archive|media|media-extended)$/, "read", "read"],
  [/^POST \/(patients|studies|series)\/:id\/(archive|media)$/, "read", "read"],
  [new RegExp(`^GET /${LEVELS}(/|$)`), "read", "read"],
  [/^GET \/queries\b/, "read", "search"],
  [/^GET \/jobs\/:id\/:key$/, "read", "read"],
  [/^GET \//, "read"],

  [/^POST \/instances$/, "store", "store"],
  [/^POST \/tools\/create-dicom$/, "write", "store"],
  [new RegExp(`^DELETE /${LEVELS}/:id$`), "write", "delete"],
  [/^POST \/tools\/bulk-delete$/, "write", "delete"],
  [/^POST \/storage-commitment\/:id\/remove$/, "write", "delete"],
  [new RegExp(`^(PUT|POST|DELETE) /${LEVELS}/:id/`), "write", "change"],
  [/^POST \/tools\/bulk-(modify|anonymize)$/, "write", "change"],
  [/^POST \/tools\/(reconstruct|invalidate-tags)$/, "write", "change"],
  [/^POST \/(modalities|peers)\/:name\/store(-straight)?$/, "write", "send"],
  [/^POST \/modalities\/:name\/(move|get)$/, "write", "send"],
  [/^POST \/modalities\/:name\/(query|find(-\w+)?)$/, "write", "search"],
  [/^POST \/modalities\/:name\/(echo|storage-commitment)$/, "write"],
  [/^POST \/tools\/dicom-echo$/, "write"],
  [/^POST \/queries\/:id\/(answers\/:index\/)?retrieve$/, "write", "send"],
  [/^(POST|DELETE) \/queries\/:id(\/|$)/, "write", "search"],
  [/^(POST|DELETE) \/jobs\/:id(\/|$)/, "write"],
  [/^POST \/relay\/test$/, "write"],
  [/^POST \/relay\//, "write", "send"],
];

/**
 * What a route asks.
 *
 * @param path with `:name` for parameters, as it was registered
 * @returns undefined if no row fits
 */
export function routeRule(method: string, path: string): RouteRule | undefined {
  const text = `${method} ${path.replace(/(.)\/$/, "$1")}`;
  const row = RULES.find(([route]) => route.test(text));
  return row && { role: row[1], action: row[2] };
}

/** The routes that answer a request; none if it leads nowhere. Middleware is none of them. */
export function routesOf(
  c: Context,
): readonly { readonly method: string; readonly path: string }[] {
  return matchedRoutes(c).filter(({ method }) => method !== "ALL");
}

/** The roles that a request needs, all of them: those of the routes that may answer it. */
export function neededRoles(c: Context): readonly Role[] {
  const roles = routesOf(c).map(({ method, path }) => routeRule(method, path)?.role ?? "admin");
  return roles.length > 0 ? roles : ["read"];
}
