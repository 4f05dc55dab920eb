import type { ByteSource } from "../bytes/source.ts";
import type {
  Clock,
  FileStore,
  Index,
  Log,
  NewInstance,
  OverwritePolicy,
  StagedFile,
  StoredSource,
  StoreOutcome,
} from "../ports.ts";
import { DicomError } from "../errors.ts";
import type { Extract } from "./extract.ts";
import { ROW_ONLY } from "./query.ts";
import { type Level, LEVELS, METADATA, type Metadata, orthancDate } from "./resource.ts";

/** Where an instance came from. */
export type Origin =
  | { readonly kind: "http"; readonly remoteIp: string; readonly username: string }
  | { readonly kind: "recovery" };

/** What became of an instance; a failure is thrown instead. */
export interface IngestOutcome {
  readonly kind: Decided["kind"];
  readonly ids: Readonly<Record<Level, string>>;
}

/** What the ingest needs. */
export interface IngestPorts {
  readonly files: FileStore;
  readonly index: Index;
  readonly clock: Clock;
  readonly log: Log;
  readonly extract: (source: ByteSource) => Promise<Extract>;
  readonly overwrite: OverwritePolicy;
  /** Called after each instance that is new in the index. */
  readonly stored: () => void;
}

/** The single way into the archive, whatever the protocol. */
export interface Ingest {
  /**
   * Stores one Part 10 file that has been staged; all is durable when the promise resolves. The caller
   * disposes the staged file.
   *
   * @throws DicomError `bad-file`, `missing-tag`, `storage-full`, …; nothing is stored then
   */
  (staged: StagedFile, origin: Origin): Promise<IngestOutcome>;
}

/** Makes the ingest. */
export function createIngest(ports: IngestPorts): Ingest {
  return async (staged, origin) => {
    if (staged.file.size === 0) throw new DicomError("bad-file", "Received an empty DICOM file");
    const extract = await readExtract(ports, staged.source);
    const outcome = await storeWhileFlushing(
      ports,
      staged,
      newInstance(ports, staged, extract, origin),
    );
    if (outcome.kind === "stored" || outcome.kind === "replaced") ports.stored();
    return { kind: outcome.kind, ids: extract.ids };
  };
}

/** What an index says once it has decided. */
type Decided = Exclude<StoreOutcome, { kind: "unflushed" }>;

/**
 * Commits the row while the file is being flushed: the answer waits for both. A row whose file turns out not
 * to be durable, after a power cut or a failed flush, is taken back. Nothing is replaced before the file is safe.
 */
async function storeWhileFlushing(
  ports: IngestPorts,
  staged: StagedFile,
  instance: NewInstance,
): Promise<Decided> {
  const { index, files, overwrite, log } = ports;
  await staged.place();
  const flushing = staged.flush();
  flushing.catch(() => {}); // awaited below; until then a failure is nobody's
  try {
    const first = await index.store(instance, overwrite, false);
    await flushing;
    const outcome = first.kind === "unflushed"
      ? await index.store(instance, overwrite, true)
      : first;
    switch (outcome.kind) {
      case "stored":
        index.markFlushed(outcome.row).catch((error) => log("error", String(error)));
        return outcome;
      case "replaced":
        await files.remove([outcome.obsoleteFile]);
        await index.forgetFiles([outcome.obsoleteFile]);
        return outcome;
      case "unflushed":
        throw new DicomError(
          "internal",
          "Cannot store instance: the index denies its flushed file",
        );
      default: // the file has no row, so it goes
        await files.remove([instance.file.uuid]);
        return outcome;
    }
  } catch (error) {
    await flushing.catch(() => {});
    await takeBack(ports, instance);
    throw error;
  }
}

/** After a failure: row and file go, unless the index does not answer; then the next start decides. */
async function takeBack({ index, files, log }: IngestPorts, { ids, file }: NewInstance) {
  try {
    const ref = { level: "Instance", id: ids.Instance } as const;
    const row = await index.get(ref, ROW_ONLY);
    if (row?.file?.uuid === file.uuid) await index.remove(ref);
    await files.remove([file.uuid]);
    await index.forgetFiles([file.uuid]);
  } catch (error) {
    log("error", "cannot take back a failed store", { uuid: file.uuid, error: String(error) });
  }
}

/** What the index is to know of a file. */
export function newInstance(
  { clock }: Pick<IngestPorts, "clock">,
  { file }: StoredSource,
  extract: Extract,
  origin: Origin,
): NewInstance {
  const receivedAt = clock.now();
  return {
    ids: extract.ids,
    tags: extract.tags,
    metadata: withOrigin(extract.metadata, origin, receivedAt),
    expectedInstances: extract.expectedInstances,
    indexInSeries: extract.indexInSeries,
    file,
    receivedAt,
  };
}

/** Adds to each level's metadata how and when the instance came. */
function withOrigin(
  metadata: Extract["metadata"],
  origin: Origin,
  at: number,
): NewInstance["metadata"] {
  const instance: Metadata = {
    [METADATA.ReceptionDate]: orthancDate(at),
    [METADATA.RemoteAET]: "",
    ...ORIGINS[origin.kind](origin),
  };
  const entries = LEVELS.map((level) => [
    level,
    level === "Instance" ? { ...metadata[level], ...instance } : metadata[level],
  ]);
  return Object.fromEntries(entries) as Record<Level, Metadata>;
}

/** Metadata by origin, with Orthanc's values of `Origin`. */
const ORIGINS: { [Kind in Origin["kind"]]: (origin: Origin) => Metadata } = {
  http: (origin) => ({
    [METADATA.Origin]: "RestApi",
    ...(origin.kind === "http" && {
      [METADATA.RemoteIP]: origin.remoteIp,
      [METADATA.HttpUsername]: origin.username,
    }),
  }),
  recovery: () => ({ [METADATA.Origin]: "Unknown" }),
};

/** Extracts; a file that cannot be read gets Orthanc's message, with the reason behind it. */
async function readExtract({ extract }: IngestPorts, source: ByteSource): Promise<Extract> {
  try {
    return await extract(source);
  } catch (error) {
    if (!(error instanceof DicomError) || error.code !== "bad-file") throw error;
    const summary = `Cannot parse an invalid DICOM file (size: ${source.size} bytes)`;
    throw new DicomError("bad-file", `${summary}: ${error.message}`, { cause: error });
  }
}
