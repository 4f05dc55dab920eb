import type { ByteSource } from "../bytes/source.ts";
import { readFully } from "../dicom/decode.ts";
import { MAXIMUM_META_SIZE, readFileMeta } from "../dicom/part10.ts";
import { findTransferSyntax } from "../dicom/transfer_syntax.ts";
import { DicomError } from "../errors.ts";
import type { FileStore, Log, StagedFile } from "../ports.ts";
import type { Ingest, Origin } from "./ingest.ts";
import { bytesOf, type Transcoder } from "./transcoding.ts";

/** Into what that which arrives is transcoded (options `IngestTranscoding…`). */
export interface IngestTranscoding {
  readonly to: string;
  /** Of lossy codecs: 1 to 100. */
  readonly quality: number;
  readonly ofUncompressed: boolean;
  readonly ofCompressed: boolean;
}

/** What transcoding at ingest needs. */
export interface IngestTranscodingPorts {
  readonly files: Pick<FileStore, "stage">;
  readonly transcoder: Transcoder;
  readonly ingest: Ingest;
  readonly log: Log;
}

/** An ingest that transcodes first; what cannot be transcoded is stored as it is (as Orthanc does). */
export function createTranscodingIngest(
  { files, transcoder, ingest, log }: IngestTranscodingPorts,
  wanted: IngestTranscoding,
): Ingest {
  return async (staged, origin) => {
    const transcoded = await tried(staged);
    if (!transcoded) return await ingest(staged, origin);
    await using other = transcoded.staged;
    return await ingest(other, announcing(origin, transcoded.sopInstanceUid));
  };

  async function tried(staged: StagedFile): Promise<Transcoded | undefined> {
    try {
      if (!await isConcerned(staged.source, wanted)) return undefined;
      const transcoded = await transcoder.transcode(staged.source, wanted);
      const { sopInstanceUid } = transcoded;
      return { staged: await files.stage(bytesOf(transcoded)), sopInstanceUid };
    } catch (error) {
      if (!(error instanceof DicomError)) throw error;
      log("warning", "stored without transcoding", { reason: error.message });
      return undefined;
    }
  }
}

/** What has become of a file; the holder disposes it. */
interface Transcoded {
  readonly staged: StagedFile;
  readonly sopInstanceUid: string;
}

/** Whether a file is to become one of another transfer syntax. @throws DicomError `bad-file` */
export async function isConcerned(
  source: ByteSource,
  wanted: IngestTranscoding,
): Promise<boolean> {
  const head = await readFully(source, 0, Math.min(source.size, MAXIMUM_META_SIZE));
  const { transferSyntaxUid } = readFileMeta(head);
  if (transferSyntaxUid === wanted.to) return false;
  const isCompressed = findTransferSyntax(transferSyntaxUid)?.encapsulated ?? false;
  return isCompressed ? wanted.ofCompressed : wanted.ofUncompressed;
}

/** The command of a C-STORE names the instance as it was before it lost something. */
function announcing(origin: Origin, sopInstanceUid: string): Origin {
  return origin.kind === "dicom" ? { ...origin, sopInstanceUid } : origin;
}
