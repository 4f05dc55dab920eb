import type { Origin } from "../archive/ingest.ts";
import type { Properties } from "../ports.ts";

/** The field of an HTTP request that names the servers which had an instance before. */
export const HOPS_FIELD = "Outpost-Hops";

/** Servers that an instance may have passed before it is sent on no more. */
const MOST_HOPS = 4;
/** Names that are read at most. */
const MOST_READ = 16;

/** Where the index keeps the name of this server. */
const PROPERTY = "RelayHop";

/** The name of this server among those that an instance has passed; it stays the same. */
export async function openHop(properties: Properties): Promise<string> {
  const known = await properties.property(PROPERTY);
  if (known !== undefined) return known;
  const name = crypto.randomUUID();
  await properties.setProperty(PROPERTY, name);
  return name;
}

/** The field of a request that passes an instance on. */
export function hopsHeader(hops: readonly string[]): Readonly<Record<string, string>> {
  return hops.length === 0 ? {} : { [HOPS_FIELD]: hops.join(", ") };
}

/** Reads the field of a request; what is no name of a server is left out. */
export function readHops(field: string | undefined): readonly string[] {
  const names = (field ?? "").slice(0, 1000).split(",", MOST_READ).map((each) => each.trim());
  return names.filter((name) => /^[0-9a-f-]{36}$/.test(name));
}

/** The servers that an instance has passed, oldest first. */
export function hopsOf(origin: Origin): readonly string[] {
  return origin.kind === "http" ? origin.hops ?? [] : [];
}

/** Whether an instance has been here before, or has come too far to be anything but going round. */
export function isRound(hops: readonly string[], own: string): boolean {
  return hops.length >= MOST_HOPS || hops.includes(own);
}
