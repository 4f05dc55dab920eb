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
  readonly kind: StoreOutcome["kind"];
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

/** Makes the ingest, and the recovery of what it had not finished when the process ended. */
export function createIngest(ports: IngestPorts) {
  const { files, index, log } = ports;

  const ingest: Ingest = async (staged, origin) => {
    if (staged.file.size === 0) throw new DicomError("bad-file", "Received an empty DICOM file");
    const extract = await readExtract(ports, staged.source);
    const known = await knownOutcome(ports, staged, extract);
    if (known) return { kind: known, ids: extract.ids };
    await staged.commit();
    const outcome = await addToIndex(ports, staged, extract, origin).catch(async (error) => {
      await removeUnlessIndexed(ports, staged, extract);
      throw error;
    });
    // A concurrent sender was first: the file has no row, so it goes.
    if (isRejected(outcome)) await files.remove([staged.file.uuid]);
    return { kind: outcome.kind, ids: extract.ids };
  };

  /** Indexes complete files that have no row, and removes those that were to be removed. */
  async function recover(): Promise<void> {
    const obsolete = await index.obsoleteFiles();
    await files.remove(obsolete);
    await index.forgetFiles(obsolete);
    for await (const orphan of files.recover()) {
      await recoverOne(ports, orphan);
      log("warning", "recovered a file without a row", { uuid: orphan.file.uuid });
    }
  }

  return { ingest, recover };
}

/** What the index already says, to spare the flushes; the transaction decides again. */
async function knownOutcome(
  { index, overwrite }: IngestPorts,
  staged: StagedFile,
  extract: Extract,
) {
  if (overwrite === "Always") return undefined;
  const existing = await index.get({ level: "Instance", id: extract.ids.Instance }, ROW_ONLY);
  if (!existing) return undefined;
  if (existing.file?.sha256 === staged.file.sha256) return "duplicate" as const;
  return overwrite === "Never" ? "conflict" as const : undefined;
}

/** After a failed transaction: the file goes, unless the index turns out to have it, or cannot tell. */
async function removeUnlessIndexed(
  { index, files }: IngestPorts,
  { file }: StagedFile,
  extract: Extract,
) {
  try {
    const row = await index.get({ level: "Instance", id: extract.ids.Instance }, ROW_ONLY);
    if (row?.file?.uuid !== file.uuid) await files.remove([file.uuid]);
  } catch {
    // The index does not answer: the next start decides about the file.
  }
}

async function recoverOne(ports: IngestPorts, orphan: StoredSource): Promise<void> {
  try {
    const extract = await ports.extract(orphan.source);
    const outcome = await addToIndex(ports, orphan, extract, { kind: "recovery" });
    if (!isRejected(outcome)) return;
  } catch (error) {
    if (!(error instanceof DicomError && error.code === "bad-file")) throw error;
  }
  await ports.files.remove([orphan.file.uuid]);
}

async function addToIndex(
  { index, files, clock, overwrite, stored }: IngestPorts,
  { file }: StoredSource,
  extract: Extract,
  origin: Origin,
): Promise<StoreOutcome> {
  const receivedAt = clock.now();
  const instance: NewInstance = {
    ids: extract.ids,
    tags: extract.tags,
    metadata: withOrigin(extract.metadata, origin, receivedAt),
    expectedInstances: extract.expectedInstances,
    indexInSeries: extract.indexInSeries,
    file,
    receivedAt,
  };
  const outcome = await index.store(instance, overwrite);
  if (outcome.kind === "replaced") {
    await files.remove([outcome.obsoleteFile]);
    await index.forgetFiles([outcome.obsoleteFile]);
  }
  if (!isRejected(outcome)) stored();
  return outcome;
}

function isRejected({ kind }: StoreOutcome): boolean {
  return kind === "duplicate" || kind === "conflict";
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
