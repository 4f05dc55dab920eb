import type { FileStore } from "../ports.ts";
import type { Ingest, IngestOutcome, Origin } from "./ingest.ts";

/** Stores one file as it comes. @throws DicomError as `Ingest`, or what `bytes` throws */
export type Receive = (bytes: AsyncIterable<Uint8Array>, origin: Origin) => Promise<IngestOutcome>;

/** Makes the function that stores what protocols other than HTTP bring. */
export function createReceive(
  { files, ingest }: { readonly files: FileStore; readonly ingest: Ingest },
): Receive {
  return async (bytes, origin) => {
    await using staged = await files.stage(bytes);
    return await ingest(staged, origin);
  };
}
