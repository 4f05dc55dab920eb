import { Buffer } from "node:buffer";
import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import type { Role } from "./roles.ts";

/** A token of a program, as it is configured. */
export interface ApiToken {
  /** As `hashToken()` makes it. */
  readonly tokenHash: string;
  readonly role: Role;
  /** Clients that may use it; none for any. */
  readonly addresses: readonly string[];
}

const TOKEN_BYTES = 32;
/** Lets scanners for lost secrets know one when they see it. */
const TOKEN_PREFIX = "outpost_";
const TOKEN_CHARACTERS = 256;
const HASH_FORM = /^sha256:[0-9a-f]{64}$/;
const HASH_PREFIX = "sha256:";

/** A new token of 256 random bits, to be given to a program. */
export function createToken(): string {
  return TOKEN_PREFIX + randomBytes(TOKEN_BYTES).toString("base64url");
}

/** What is kept of a token: `sha256:<64 hexadecimal digits>`. Chance made it, so a slow hash would add nothing. */
export function hashToken(token: string): string {
  return HASH_PREFIX + digest(token).toString("hex");
}

/** Whether `text` is as `hashToken()` makes it. */
export function isTokenHash(text: string): boolean {
  return HASH_FORM.test(text);
}

/** Tells whose token it is; undefined if it is nobody's or the client may not use it. */
export type FindToken = (
  token: string,
  address: string,
) => { readonly name: string; readonly role: Role } | undefined;

/** Makes the search, which compares with every token, each in constant time. */
export function createFindToken(tokens: Readonly<Record<string, ApiToken>>): FindToken {
  const known = Object.entries(tokens).map(([name, { tokenHash, role, addresses }]) => ({
    ...{ name, role },
    addresses: new Set(addresses.map(plainAddress)),
    digest: Buffer.from(tokenHash.slice(HASH_PREFIX.length), "hex"),
  }));
  return (token, address) => {
    if (token.length > TOKEN_CHARACTERS) return undefined;
    const presented = digest(token);
    const [found] = known.filter((one) => timingSafeEqual(one.digest, presented));
    if (!found) return undefined;
    const { name, role, addresses } = found;
    return addresses.size === 0 || addresses.has(plainAddress(address))
      ? { name, role }
      : undefined;
  };
}

/** IPv4 written as IPv6 (RFC 4291 Section 2.5.5.2) as IPv4. */
function plainAddress(address: string): string {
  return address.toLowerCase().replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/, "");
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
