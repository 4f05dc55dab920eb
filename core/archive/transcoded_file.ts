import type { FileStore } from "../ports.ts";
import { bytesOf, type Transcoder, type Wanted } from "./transcoding.ts";

/**
 * A stored file in another transfer syntax, to be read once.
 *
 * @throws DicomError `missing-file`, or as `Transcoder.transcode()`
 */
export type OpenTranscoded = (uuid: string, wanted: Wanted) => Promise<AsyncIterable<Uint8Array>>;

/** Makes the function that opens stored files so. */
export function createOpenTranscoded(
  { files, transcoder }: {
    readonly files: Pick<FileStore, "open">;
    readonly transcoder: Transcoder;
  },
): OpenTranscoded {
  return async (uuid, wanted) => {
    await using stack = new AsyncDisposableStack();
    const file = stack.use(await files.open(uuid));
    const bytes = bytesOf(await transcoder.transcode(file, wanted));
    return closing(bytes, stack.move());
  };
}

async function* closing(bytes: AsyncIterable<Uint8Array>, resource: AsyncDisposable) {
  await using _ = resource;
  yield* bytes;
}
