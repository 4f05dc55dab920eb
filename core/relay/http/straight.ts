import { readRange } from "../../dicom/decode.ts";
import { DicomError } from "../../errors.ts";
import type { FileStore } from "../../ports.ts";
import type { HttpClient, HttpServer } from "../../ports/http_client.ts";
import { ask, jsonOf } from "./ask.ts";

/**
 * Sends a file to a peer without storing it here.
 *
 * @returns the answer of the peer
 * @throws DicomError `bad-file` for an empty file; `network` if the peer does not take it; as `HttpClient.send()`
 */
export type PeerStoreStraight = (
  bytes: AsyncIterable<Uint8Array>,
  server: HttpServer,
  signal: AbortSignal,
) => Promise<unknown>;

/** Makes the function; the file is staged, so that a peer has its length. */
export function createPeerStoreStraight(
  { files, http }: { readonly files: Pick<FileStore, "stage">; readonly http: HttpClient },
): PeerStoreStraight {
  return async (bytes, server, signal) => {
    await using staged = await files.stage(bytes);
    const { source } = staged;
    if (source.size === 0) throw new DicomError("bad-file", "Received an empty DICOM file");
    const reply = await ask({ http, server }, {
      method: "POST",
      path: "instances",
      headers: { "Content-Type": "application/dicom" },
      body: { length: source.size, read: () => readRange(source, 0, source.size) },
    }, signal);
    return jsonOf(reply, server);
  };
}
