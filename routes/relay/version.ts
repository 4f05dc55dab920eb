import type { Context } from "hono";
import { DicomError } from "../../core/errors.ts";

/** Names the version of a rule or destination in the `ETag` of the answer (RFC 9110 Section 8.8.3). */
export function setVersion(c: Context, version: number): void {
  c.header("ETag", `"${version}"`);
}

/**
 * The version that is to be replaced: that of `If-Match`, none with `If-None-Match: *`, undefined for any.
 *
 * @throws DicomError `bad-request` if it cannot be read
 */
export function wantedVersion(c: Context): number | undefined {
  if (c.req.header("If-None-Match")?.trim() === "*") return 0;
  const header = c.req.header("If-Match")?.trim();
  if (header === undefined || header === "*") return undefined;
  const found = /^"?(\d{1,15})"?$/.exec(header);
  if (found) return Number(found[1]);
  throw new DicomError("bad-request", "Cannot read If-Match: it is not the ETag of a version");
}
