import * as z from "zod";
import { isUsablePassword } from "../passwords.ts";
import { ROLES } from "../security/roles.ts";
import { isTokenHash } from "../security/tokens.ts";
import { ipAddress, list, named, oneOf } from "./schemas.ts";

const password = z.string().refine(
  isUsablePassword,
  "expected a password, or a hash made by outpost hash-password",
);

const role = oneOf(ROLES);

/** A name that a request can bear: HTTP Basic carries no colon (RFC 7617 Section 2). */
const NAME = /^[^:\p{Cc}]+$/u;

/** A password alone is an administrator's, as in Orthanc. */
const user = z.preprocess(
  (value) => typeof value === "string" ? { Password: value } : value,
  z.strictObject({ Password: password, Role: role.default("admin") }),
)
  .transform(({ Password, Role }) => ({ password: Password, role: Role }))
  .describe('password or its hash, or {"Password", "Role": "store", "read", "write" or "admin"}');

/** Users, each with a password, in clear or as `core/passwords.ts` hashes it, and a role. */
export const registeredUsers = named(user).refine(
  areBearable,
  "expected user names without colon",
).describe('object, user name to password or its hash, or to {"Password", "Role"}');

const token = z.strictObject({
  TokenHash: z.string().refine(
    isTokenHash,
    "expected a hash made by outpost hash-password --token",
  ),
  Role: role,
  Addresses: list(ipAddress).default([]),
}).transform(({ TokenHash, Role, Addresses }) => ({
  tokenHash: TokenHash,
  role: Role,
  addresses: Addresses,
})).describe('{"TokenHash", "Role", "Addresses"?}');

/** Tokens of programs, by a name that logs show. */
export const apiTokens = named(token).refine(
  areBearable,
  "expected names without colon",
).describe('object, name to {"TokenHash", "Role", "Addresses"?}');

function areBearable(entries: Readonly<Record<string, unknown>>): boolean {
  return Object.keys(entries).every((name) => NAME.test(name));
}
