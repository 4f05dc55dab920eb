import type { Context, MiddlewareHandler } from "hono";
import { isIP } from "node:net";
import { DicomError } from "../core/errors.ts";
import { includesRole, type Principal } from "../core/security/roles.ts";
import {
  type Authentication,
  type AuthenticationOptions,
  createAuthenticate,
} from "./access/authenticate.ts";
import { neededRoles } from "./access/route_rules.ts";
import { empty } from "./errors.ts";

/** Who may use the server, from the configuration. */
export interface AccessOptions extends AuthenticationOptions {
  readonly remoteAccessAllowed: boolean;
  readonly authenticationEnabled: boolean;
  /** Names of hosts, beside `localhost`, under which browsers may reach the server. */
  readonly allowedHosts: readonly string[];
}

/** Headers of every answer: nothing is guessed, framed or leaked. */
const SECURITY_HEADERS = {
  "X-Content-Type-Options": "nosniff",
  "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
  "Referrer-Policy": "no-referrer",
} as const;

const READING: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS"]);

/**
 * Admits requests: from this machine only unless remote access is allowed, with a password or token and the role that
 * the route needs where authentication is on, and never on behalf of a foreign page (cross-site request forgery, DNS
 * rebinding).
 */
export function protect(options: AccessOptions): MiddlewareHandler {
  const authenticate = createAuthenticate(options);
  return async (c, next) => {
    for (const [name, value] of Object.entries(SECURITY_HEADERS)) c.header(name, value);
    if (!options.remoteAccessAllowed && !isLoopback(remoteAddress(c))) return unauthorized(c);
    if (options.authenticationEnabled) {
      const found = await authenticate(c.req.header("Authorization"), remoteAddress(c));
      if (found.kind !== "known") return refuse(c, found);
      c.set("username", found.principal.name);
      checkRole(c, found.principal);
    } else checkHost(c, options);
    checkOrigin(c, options);
    await next();
  };
}

/** IP address of the client. Requests that came by no socket are from this machine. */
export function remoteAddress(c: Context): string {
  return c.env?.remoteAddress ?? "127.0.0.1";
}

/** Who the client has shown to be; empty without authentication. */
export function username(c: Context): string {
  return c.get("username") ?? "";
}

/** Whether an address is of this machine, also IPv4 written as IPv6 (RFC 4291 Section 2.5.5.2). */
export function isLoopback(address: string): boolean {
  return address === "::1" || /^(::ffff:)?127\.\d+\.\d+\.\d+$/i.test(address);
}

/** `Content-Disposition` with a file name that cannot break out of it (RFC 6266). */
export function contentDisposition(filename: string): string {
  // deno-lint-ignore no-control-regex -- control characters would end the header
  const safe = filename.replace(/[\x00-\x1f\x7f"\\]/g, "");
  if (/^[\x20-\x7e]*$/.test(safe)) return `filename="${safe}"`;
  const ascii = safe.replace(/[^\x20-\x7e]/g, "_");
  return `filename="${ascii}"; filename*=UTF-8''${extValue(safe)}`;
}

/** Percent-encoded UTF-8 (RFC 8187 Section 3.2.1). */
function extValue(text: string): string {
  return encodeURIComponent(text.toWellFormed())
    .replace(/['()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
}

function unauthorized(c: Context): Response {
  c.header("WWW-Authenticate", 'Basic realm="Orthanc Secure Area"');
  return empty(c, 401);
}

const MS_PER_SECOND = 1000;

function refuse(c: Context, found: Exclude<Authentication, { kind: "known" }>): Response {
  c.set("loginFailed", found.kind === "wrong");
  if (found.kind !== "blocked") return unauthorized(c);
  c.header("Retry-After", String(Math.ceil(found.waitMs / MS_PER_SECOND))); // RFC 6585 Section 4
  return empty(c, 429);
}

function checkRole(c: Context, { name, role }: Principal): void {
  const needed = neededRoles(c).find((each) => !includesRole(role, each));
  if (needed === undefined) return;
  throw new DicomError("forbidden", `Cannot do this as ${name}: it needs role ${needed}`);
}

/** A page elsewhere can make its own name resolve to this machine: only known names are answered. */
function checkHost(c: Context, { allowedHosts }: AccessOptions): void {
  const host = hostnameOf(c.req.header("Host") ?? new URL(c.req.url).host);
  if (isAllowedHost(host, allowedHosts)) return;
  throw new DicomError(
    "forbidden",
    `Cannot answer under the name "${
      host.slice(0, 253)
    }": add it to AllowedHosts, or use an IP address`,
  );
}

/** Browsers say which page a request comes from; passwords they send whatever the page. */
function checkOrigin(c: Context, { allowedHosts }: AccessOptions): void {
  const origin = c.req.header("Origin");
  const host = c.req.header("Host") ?? new URL(c.req.url).host;
  if (origin !== undefined && !isSameOrigin(origin, host, allowedHosts)) {
    throw new DicomError("forbidden", "Cannot answer a page of another origin: see AllowedHosts");
  }
  const site = c.req.header("Sec-Fetch-Site");
  const isForeign = origin === undefined && (site === "cross-site" || site === "same-site");
  if (isForeign && !READING.has(c.req.method)) {
    throw new DicomError("forbidden", "Cannot be changed by a page of another origin");
  }
}

function isSameOrigin(origin: string, host: string, allowedHosts: readonly string[]): boolean {
  if (!URL.canParse(origin)) return false; // "null" among others
  const { protocol, host: theirs, hostname } = new URL(origin);
  const own = `${protocol}//${host}`;
  return URL.canParse(own) && theirs === new URL(own).host || isNamed(hostname, allowedHosts);
}

function isAllowedHost(host: string, allowedHosts: readonly string[]): boolean {
  return host === "localhost" || isIP(host) !== 0 || isNamed(host, allowedHosts);
}

function isNamed(host: string, allowedHosts: readonly string[]): boolean {
  return allowedHosts.some((allowed) => allowed.toLowerCase() === host);
}

/** The name in a Host header, without port and brackets. */
function hostnameOf(host: string): string {
  return host.toLowerCase().replace(/:\d*$/, "").replace(/^\[(.*)\]$/, "$1").replace(/\.$/, "");
}
