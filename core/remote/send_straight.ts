import type { Extract } from "../archive/extract.ts";
import { kindOf } from "../archive/sendable.ts";
import type { ByteSource } from "../bytes/source.ts";
import { DicomError } from "../errors.ts";
import type { FileStore, OpenFile } from "../ports.ts";
import type { DicomClient, RemoteAe, SopReference } from "../ports/dicom_client.ts";

/** Sends a file without storing it here. @throws DicomError `bad-file`, or as `DicomClient` */
export type SendStraight = (
  bytes: AsyncIterable<Uint8Array>,
  remote: RemoteAe,
  signal: AbortSignal,
) => Promise<SopReference>;

/** What sending straight needs. */
export interface SendStraightPorts {
  readonly files: FileStore;
  readonly client: DicomClient;
  readonly extract: (source: ByteSource) => Promise<Extract>;
}

/** Makes the function; the file is staged, since it must be read before it can be sent. */
export function createSendStraight({ files, client, extract }: SendStraightPorts): SendStraight {
  return async (bytes, remote, signal) => {
    await using staged = await files.stage(bytes);
    if (staged.file.size === 0) throw new DicomError("bad-file", "Received an empty DICOM file");
    const { identity: { sopInstanceUid }, metadata } = await extract(staged.source);
    const kind = kindOf({ metadata: metadata.Instance });
    if (!kind) {
      throw new DicomError("bad-file", "Cannot send file: it names no SOP class");
    }
    const request = { kinds: [kind], allowTranscoding: true };
    await using session = await client.openStore(remote, request, signal);
    await session.store({ ...kind, sopInstanceUid, file: opened(staged.source) }, signal);
    return { sopClassUid: kind.sopClassUid, sopInstanceUid };
  };
}

/** A source that somebody else closes. */
function opened(source: ByteSource): OpenFile {
  return {
    size: source.size,
    read: (at, length) => source.read(at, length),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}
