import type { ByteSource } from "../../bytes/source.ts";
import { DicomError } from "../../errors.ts";
import { lossyMethod } from "../../image/codecs.ts";
import type { FileStore, Index, Log, NewInstance } from "../../ports.ts";
import type { Annotations } from "../../ports/annotations.ts";
import type { FileForms } from "../../ports/file_forms.ts";
import type { Upkeep } from "../../ports/upkeep.ts";
import type { Extract } from "../extract.ts";
import { type IngestTranscoding, isConcerned } from "../ingest_transcoding.ts";
import { ROW_ONLY } from "../query.ts";
import { removeObsolete } from "../remove.ts";
import type { Resource } from "../resource.ts";
import { bytesOf, type Transcoder } from "../transcoding.ts";

/** What files are brought to. */
export interface FileWishes {
  /** Undefined to leave transfer syntaxes as they are. */
  readonly transcoding: IngestTranscoding | undefined;
  /** Option `StorageCompression`. */
  readonly compressed: boolean;
}

/** What bringing files to the form of today needs. */
export interface RenewFilePorts {
  readonly index: Pick<Index, "get" | "forgetFiles"> & Pick<Annotations, "expectFile"> & Upkeep;
  readonly files: FileStore & FileForms;
  readonly transcoder: Pick<Transcoder, "transcode">;
  readonly extract: (source: ByteSource) => Promise<Extract>;
  readonly log: Log;
}

/**
 * Gives the file of an instance, by its identifier, the form in which it would be stored today. The instance stays the
 * same: one that would get another UID, as a lossy codec asks for, keeps its transfer syntax, as does one that
 * cannot be transcoded or that the relay still has to send.
 *
 * @throws DicomError `unknown-resource`, `missing-file`, `storage-full` or `cannot-write`; then all is as before
 */
export type RenewFile = (id: string) => Promise<void>;

/** Makes the function that renews files. */
export function createRenewFile(ports: RenewFilePorts, wishes: FileWishes): RenewFile {
  const { index, files } = ports;
  const { transcoding, compressed } = wishes;
  const isLossless = transcoding && lossyMethod(transcoding.to) === undefined;

  return async (id) => {
    const instance = await index.get({ level: "Instance", id }, ROW_ONLY);
    if (!instance?.file) throw new DicomError("unknown-resource", `There is no Instance ${id}`);
    const made = isLossless ? await transcode(ports, instance, transcoding) : undefined;
    const uuid = made ?? instance.file.uuid;
    await (compressed ? files.compress(uuid) : files.uncompress(uuid));
    const now = await index.get({ level: "Instance", id }, ROW_ONLY);
    if (now?.file?.uuid !== uuid) await files.remove([uuid]); // removed meanwhile: it is not to come back
  };
}

/** @returns UUID of the file that takes the place of the one before; undefined if it stays */
async function transcode(
  ports: RenewFilePorts,
  { id, file }: Resource,
  wanted: IngestTranscoding,
): Promise<string | undefined> {
  try {
    await using before = await ports.files.open(file!.uuid);
    if (!await isConcerned(before, wanted)) return undefined;
    const made = await ports.transcoder.transcode(before, wanted);
    await using staged = await ports.files.stage(bytesOf(made));
    const extract = await ports.extract(staged.source);
    if (extract.ids.Instance !== id) return undefined;
    const { uuid } = staged.file;
    const instance: NewInstance = { ...extract, file: staged.file, receivedAt: 0 };
    await ports.index.expectFile(uuid);
    await staged.commit();
    const isDone = await ports.index.exchangeFile({ before: file!.uuid, instance });
    await removeObsolete(ports, [isDone ? file!.uuid : uuid]);
    return isDone ? uuid : undefined;
  } catch (error) {
    if (!(error instanceof DicomError) || !UNTRANSCODABLE.has(error.code)) throw error;
    ports.log("warning", "kept its transfer syntax", { id, reason: error.message });
    return undefined;
  }
}

/** Failures that say that a file is to stay as it is. */
const UNTRANSCODABLE: ReadonlySet<string> = new Set(["not-implemented", "bad-file"]);
