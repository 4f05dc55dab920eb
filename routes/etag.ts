import type { Context } from "hono";
import { DicomError } from "../core/errors.ts";
import type { Version } from "../core/ports/annotations.ts";

/** Names a version in the `ETag` of the answer (RFC 9110 Section 8.8.3), in Orthanc's form. */
export function setEtag(c: Context, version: Version): void {
  c.header("ETag", etagOf(version));
}

/** Whether the client has this version already (RFC 9110 Section 13.1.2). */
export function isKnown(c: Context, version: Version): boolean {
  const known = c.req.header("If-None-Match")?.split(",").map((tag) => tag.trim());
  return known?.some((tag) => tag === etagOf(version) || tag === "*") ?? false;
}

/**
 * The version that the client expects (`If-Match`); undefined if it names none.
 *
 * @throws DicomError `out-of-range` if it cannot be read
 */
export function expectedOf(c: Context): Version | undefined {
  const header = c.req.header("If-Match")?.trim();
  if (header === undefined) return undefined;
  const found = /^"?(\d{1,15})-([^"]*)"?$/.exec(header);
  if (found) return { revision: Number(found[1]), md5: found[2]! };
  throw new DicomError(
    "out-of-range",
    'The "if-match" HTTP header should contain the ETag (revision followed by MD5 hash)',
  );
}

function etagOf({ revision, md5 }: Version): string {
  return `"${revision}-${md5}"`;
}
