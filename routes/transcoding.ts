import type { Context } from "hono";
import type { App } from "../core/app.ts";
import type { Wanted } from "../core/archive/transcoding.ts";
import { findTransferSyntax } from "../core/dicom/transfer_syntax.ts";
import { DicomError } from "../core/errors.ts";

/**
 * What `?transcode=` and `?lossy-quality=` ask for; undefined without them.
 *
 * @throws DicomError `out-of-range` for a transfer syntax that does not exist or a quality that is none
 */
export function wantedSyntax(c: Context, app: Pick<App, "config">): Wanted | undefined {
  const to = c.req.query("transcode");
  if (to === undefined) return undefined;
  if (!findTransferSyntax(to)) {
    throw new DicomError("out-of-range", "Cannot transcode: unknown transfer syntax");
  }
  const quality = c.req.query("lossy-quality");
  return {
    to,
    quality: quality === undefined ? app.config.dicomLossyTranscodingQuality : parse(quality),
  };
}

function parse(text: string): number {
  const quality = /^\d{1,3}$/.test(text) ? Number(text) : 0;
  if (quality >= 1 && quality <= 100) return quality;
  throw new DicomError("out-of-range", "Cannot transcode: the quality is not from 1 to 100");
}
