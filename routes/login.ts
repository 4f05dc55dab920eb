import { createHmac, randomBytes } from "node:crypto";
import { Buffer } from "node:buffer";
import { DicomError } from "../core/errors.ts";

/** Hashes that are checked at a time: each takes some 30 MB and 100 ms. */
const CONCURRENT_CHECKS = 2;
/** Requests that may wait for a check. */
const WAITING_CHECKS = 32;
/** Credentials that were right are remembered, so many at most. */
const REMEMBERED = 256;
/** What checking passwords needs. */
export interface LoginOptions {
  readonly users: Readonly<Record<string, string>>;
  readonly verifyPassword: (clear: string, stored: string) => Promise<boolean>;
}

/**
 * The user that Base64 credentials (`name:password`) belong to; undefined if they are wrong.
 *
 * @throws DicomError `unavailable` while too many checks wait
 */
export type Login = (encoded: string) => Promise<string | undefined>;

/**
 * Makes the check, which remembers credentials that were right under a key of this process. Requests with the same
 * credentials share one check.
 */
export function createLogin({ users, verifyPassword }: LoginOptions): Login {
  const key = randomBytes(32);
  const remembered = new Map<string, string>();
  const running = new Map<string, Promise<string | undefined>>();
  const limit = createLimit(CONCURRENT_CHECKS, WAITING_CHECKS);
  const nobody = storedForNobody(users);

  const check = async (encoded: string, digest: string) => {
    const [name, password] = split(Buffer.from(encoded, "base64").toString("utf8"));
    const isUser = Object.hasOwn(users, name);
    const stored = isUser ? users[name]! : nobody;
    if (!await limit(() => verifyPassword(password, stored)) || !isUser) return undefined;
    if (remembered.size >= REMEMBERED) remembered.delete(remembered.keys().next().value!);
    remembered.set(digest, name);
    return name;
  };
  return async (encoded) => {
    const digest = createHmac("sha256", key).update(encoded).digest("base64");
    const known = remembered.get(digest);
    if (known !== undefined) return known;
    const checking = running.get(digest) ?? check(encoded, digest);
    running.set(digest, checking);
    return await checking.finally(() => running.delete(digest));
  };
}

/** What passwords of unknown users are compared with: as costly as those of users, so that time tells nothing. */
function storedForNobody(users: Readonly<Record<string, string>>): string {
  const stored = Object.values(users);
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
