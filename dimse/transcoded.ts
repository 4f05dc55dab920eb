import type { Transcoder } from "../core/archive/transcoding.ts";
import type { OpenFile } from "../core/ports.ts";

/**
 * The data set of a file in another transfer syntax. Undefined where it cannot be had, or only as another instance
 * because something would be lost.
 */
export function losslessDataSet(
  transcoder: Transcoder,
  file: OpenFile,
  { from, to }: { readonly from: string; readonly to: string },
): AsyncIterable<Uint8Array> | undefined {
  return transcoder.isLossless(from, to) ? dataSet(transcoder, file, to) : undefined;
}

async function* dataSet(
  transcoder: Transcoder,
  file: OpenFile,
  to: string,
): AsyncGenerator<Uint8Array> {
  const transcoded = await transcoder.transcode(file, { to, quality: 100 });
  yield* transcoded.dataSet;
}
