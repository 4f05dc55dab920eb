import { isIPv6 } from "node:net";

/** Wrong passwords that an address may try at once. */
const BURST = 10;
/** One more may be tried after each such time. */
const RECOVERY_MS = 6_000;
/** Addresses that are remembered; the oldest is forgotten first. */
const ADDRESSES = 10_000;

/** Limits how often an address may try a password. */
export interface Throttle {
  /** Counts a try. @returns how long to wait, in milliseconds; 0 if it may be made now */
  begin(address: string): number;
  /** The try was right, so it does not count. */
  succeeded(address: string): void;
}

/** Tries that count, at a time; they fade. */
interface Tries {
  readonly count: number;
  readonly at: number;
}

/** Makes the limit; `uptime` gives milliseconds that go on evenly. */
export function createThrottle(uptime: () => number): Throttle {
  const kept = new Map<string, Tries>();

  const countOf = (key: string) => {
    const { count, at } = kept.get(key) ?? { count: 0, at: 0 };
    return Math.max(0, count - (uptime() - at) / RECOVERY_MS);
  };
  const keep = (key: string, count: number) => {
    kept.delete(key);
    if (kept.size >= ADDRESSES) kept.delete(kept.keys().next().value!); // there is a first one
    if (count > 0) kept.set(key, { count, at: uptime() });
  };
  return {
    begin(address) {
      const key = networkOf(address);
      const count = countOf(key);
      if (count > BURST - 1) return Math.ceil((count - (BURST - 1)) * RECOVERY_MS);
      keep(key, count + 1);
      return 0;
    },
    succeeded(address) {
      const key = networkOf(address);
      keep(key, Math.max(0, countOf(key) - 1));
    },
  };
}

/** A client of IPv6 has a network of 64 bits to itself (RFC 4291 Section 2.5.4), so that counts as one address. */
function networkOf(address: string): string {
  const plain = address.toLowerCase().replace(/^::ffff:(?=\d+\.)/, "");
  if (!isIPv6(plain)) return plain;
  const [head = "", tail] = plain.replace(/%.*$/, "").split("::");
  const before = head.split(":").filter(Boolean);
  const after = tail?.split(":").filter(Boolean) ?? [];
  const zeros = Array(Math.max(0, 8 - before.length - after.length)).fill("0");
  return [...before, ...zeros, ...after].slice(0, 4).map((group) => parseInt(group, 16)).join(":");
}
