import { createHmac, randomBytes } from "node:crypto";
import { Buffer } from "node:buffer";
import { DicomError } from "../core/errors.ts";
import { createThrottle } from "./access/throttle.ts";

/** Hashes that are checked at a time: each takes some 30 MB and 100 ms. */
const CONCURRENT_CHECKS = 2;
/** Requests that may wait for a check. */
const WAITING_CHECKS = 32;
/** Credentials that were right are remembered, so many at most. */
const REMEMBERED = 256;

/** What checking passwords needs. */
export interface LoginOptions {
  /** Passwords, clear or hashed, by name. */
  readonly users: Readonly<Record<string, { readonly password: string }>>;
  readonly verifyPassword: (clear: string, stored: string) => Promise<boolean>;
  /** Milliseconds that go on evenly. */
  readonly uptime: () => number;
}

/** Whose credentials they are; `blocked` if the address has tried too many that were wrong. */
export type LoginOutcome =
  | { readonly kind: "user"; readonly name: string }
  | { readonly kind: "nobody" }
  | { readonly kind: "blocked"; readonly waitMs: number };

/**
 * Tells whose Base64 credentials (`name:password`) they are.
 *
 * @throws DicomError `unavailable` while too many checks wait
 */
export type Login = (encoded: string, address: string) => Promise<LoginOutcome>;

/**
 * Makes the check, which remembers credentials that were right under a key of this process: these are never blocked.
 * Requests with the same credentials share one check, and one try.
 */
export function createLogin({ users, verifyPassword, uptime }: LoginOptions): Login {
  const key = randomBytes(32);
  const remembered = new Map<string, string>();
  const running = new Map<string, Promise<LoginOutcome>>();
  const limit = createLimit(CONCURRENT_CHECKS, WAITING_CHECKS);
  const throttle = createThrottle(uptime);
  const nobody = storedForNobody(users);

  const check = async (encoded: string, digest: string): Promise<LoginOutcome> => {
    const [name, password] = split(Buffer.from(encoded, "base64").toString("utf8"));
    const isUser = Object.hasOwn(users, name);
    const stored = isUser ? users[name]!.password : nobody;
    if (!await limit(() => verifyPassword(password, stored)) || !isUser) return NOBODY;
    if (remembered.size >= REMEMBERED) remembered.delete(remembered.keys().next().value!);
    remembered.set(digest, name);
    return { kind: "user", name };
  };
  const attempt = async (encoded: string, digest: string, address: string) => {
    const waitMs = throttle.begin(address);
    if (waitMs > 0) return { kind: "blocked", waitMs } as const;
    const outcome = await check(encoded, digest);
    if (outcome.kind === "user") throttle.succeeded(address);
    return outcome;
  };
  return async (encoded, address) => {
    const digest = createHmac("sha256", key).update(encoded).digest("base64");
    const known = remembered.get(digest);
    if (known !== undefined) return { kind: "user", name: known };
    const shared = `${digest} ${address}`;
    const checking = running.get(shared) ?? attempt(encoded, digest, address);
    running.set(shared, checking);
    return await checking.finally(() => running.delete(shared));
  };
}

const NOBODY: LoginOutcome = { kind: "nobody" };

/** What passwords of unknown users are compared with: as costly as those of users, so that time tells nothing. */
function storedForNobody(users: LoginOptions["users"]): string {
  const stored = Object.values(users).map(({ password }) => password);
  return stored.find((text) => text.startsWith("$")) ?? stored[0] ?? "";
}

function split(credentials: string): [name: string, password: string] {
  const colon = credentials.indexOf(":");
  if (colon < 0) return [credentials, ""];
  return [credentials.slice(0, colon), credentials.slice(colon + 1)];
}

/** Runs at most `running` pieces of work at a time and lets `waiting` wait. */
function createLimit(running: number, waiting: number) {
  let active = 0;
  const queue: (() => void)[] = [];
  return async <T>(work: () => Promise<T>): Promise<T> => {
    if (active >= running) {
      if (queue.length >= waiting) {
        throw new DicomError("unavailable", "Cannot check password: too many logins at a time");
      }
      await new Promise<void>((resolve) => queue.push(resolve));
    } else active++;
    try {
      return await work();
    } finally {
      const next = queue.shift();
      if (next) next();
      else active--;
    }
  };
}
