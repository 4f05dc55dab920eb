import type { Principal, Role } from "../../core/security/roles.ts";
import { type ApiToken, createFindToken } from "../../core/security/tokens.ts";
import { createLogin, type LoginOptions } from "../login.ts";
import { createThrottle } from "./throttle.ts";

/** Who may log in. */
export interface AuthenticationOptions extends Omit<LoginOptions, "users"> {
  readonly users: Readonly<Record<string, { readonly password: string; readonly role: Role }>>;
  readonly tokens: Readonly<Record<string, ApiToken>>;
}

/** Whom a request comes from. */
export type Authentication =
  | { readonly kind: "known"; readonly principal: Principal }
  /** Without credentials that this server knows how to read, or with one of many wrong tokens. */
  | { readonly kind: "anonymous" }
  | { readonly kind: "wrong" }
  | { readonly kind: "blocked"; readonly waitMs: number };

/**
 * Reads the `Authorization` field of a client with an address.
 *
 * @throws DicomError `unavailable` while too many checks wait
 */
export type Authenticate = (
  header: string | undefined,
  address: string,
) => Promise<Authentication>;

const WRONG: Authentication = { kind: "wrong" };
const ANONYMOUS: Authentication = { kind: "anonymous" };

/** Makes the check of passwords (RFC 7617) and tokens (RFC 6750 Section 2.1). */
export function createAuthenticate(options: AuthenticationOptions): Authenticate {
  const login = createLogin(options);
  const findToken = createFindToken(options.tokens);
  const wrongTokens = createThrottle(options.uptime); // lest they fill the audit log

  const byPassword = async (encoded: string, address: string): Promise<Authentication> => {
    const outcome = await login(encoded, address);
    if (outcome.kind === "nobody") return WRONG;
    if (outcome.kind === "blocked") return outcome;
    const { name } = outcome;
    return { kind: "known", principal: { name, role: options.users[name]!.role } }; // login() has found it there
  };
  const byToken = (token: string, address: string): Authentication => {
    const found = findToken(token, address);
    if (!found) return wrongTokens.begin(address) === 0 ? WRONG : ANONYMOUS;
    return { kind: "known", principal: { name: `token:${found.name}`, role: found.role } };
  };
  return async (header = "", address) => {
    const [, scheme = "", credentials = ""] = /^(\w+) +([A-Za-z0-9+/=_.~-]+)$/.exec(header) ?? [];
    if (/^basic$/i.test(scheme)) return await byPassword(credentials, address);
    if (/^bearer$/i.test(scheme)) return byToken(credentials, address);
    return ANONYMOUS;
  };
}
