import type { Context } from "hono";

const DEFAULT_LIMIT = 100;
const MAXIMUM_LIMIT = 100_000;

/** `since` and `limit` of a log; Orthanc takes what it cannot read as the default. */
export function pageArguments(c: Context): { readonly since: number; readonly limit: number } {
  return {
    since: numberOr(c.req.query("since"), 0),
    limit: Math.min(numberOr(c.req.query("limit"), DEFAULT_LIMIT), MAXIMUM_LIMIT),
  };
}

/** A number in an argument, or what stands for one that cannot be read. */
export function numberOr(text: string | undefined, fallback: number): number {
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : fallback;
}
