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
import type { DutyPlan } from "../ports/duties.ts";
import type { Extract } from "./extract.ts";
import { ROW_ONLY } from "./query.ts";
import type { MakeRoom } from "./recycling.ts";
import { removeObsolete } from "./remove.ts";
import { type Level, LEVELS, METADATA, type Metadata, orthancDate } from "./resource.ts";

/** Where an instance came from. */
export type Origin =
  | HttpOrigin
  | DicomOrigin
  | DerivedOrigin
  | { readonly kind: "recovery" };

/** An upload. */
export interface HttpOrigin {
  readonly kind: "http";
  readonly remoteIp: string;
  readonly username: string;
  /** Relays that had the instance before, as the sender says, oldest first. */
  readonly hops?: readonly string[];
}

/** An instance that was made of another one, or anew, for a client of HTTP; it replaces what has its identity. */
export interface DerivedOrigin {
  readonly kind: "derived";
  readonly remoteIp: string;
  readonly username: string;
  /** What new resources of each level have beyond the usual. */
  readonly metadata: Readonly<Record<Level, Metadata>>;
}

/** A C-STORE, with what its command says of the instance. */
export interface DicomOrigin {
  readonly kind: "dicom";
  readonly remoteAet: string;
  readonly calledAet: string;
  readonly remoteIp: string;
  readonly sopClassUid: string;
  readonly sopInstanceUid: string;
}

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
  /** What the relay is to do with an instance; absent if there is no relay. */
  readonly plan?: PlanDuties;
  /** Makes room for what is to be stored; absent if there is always enough. */
  readonly makeRoom?: MakeRoom | undefined;
  /** Called after each instance that is new in the index. */
  readonly stored: (instance: NewInstance, plan: DutyPlan | undefined) => void;
}

/** Decides, before an instance is stored, what the relay is to do with it; undefined for nothing. */
export type PlanDuties = (
  instance: NewInstance,
  source: ByteSource,
  origin: Origin,
) => Promise<DutyPlan | undefined>;

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
  const unsettled: Unsettled = new Map();
  return async (staged, origin) => {
    if (staged.file.size === 0) throw new DicomError("bad-file", "Received an empty DICOM file");
    const extract = await readExtract(ports, staged.source);
    if (origin.kind === "dicom") checkAnnounced(extract, origin);
    const instance = newInstance(ports, staged, extract, origin);
    const plan = await ports.plan?.(instance, staged.source, origin);
    using _room = await makeRoomFor(ports, instance);
    const overwrite = origin.kind === "derived" ? "Always" : ports.overwrite;
    const storing = { staged, instance, overwrite, plan, unsettled };
    const { kind } = await storeWhileFlushing(ports, storing);
    if (kind === "stored" || kind === "replaced") ports.stored(instance, plan);
    return { kind, ids: extract.ids };
  };
}

/** What is there already needs no room. */
async function makeRoomFor(
  { index, makeRoom }: IngestPorts,
  { ids, file }: NewInstance,
): Promise<Disposable | null> {
  if (!makeRoom || await index.get({ level: "Instance", id: ids.Instance }, ROW_ONLY)) return null;
  return await makeRoom({ patient: ids.Patient, size: file.size });
}

/** What an index says once it has decided. */
type Decided = Exclude<StoreOutcome, { kind: "unflushed" }>;

/** Files that are being stored, by UUID; resolved when their row stays or is taken back. */
type Unsettled = Map<string, Promise<void>>;

interface Storing {
  readonly staged: StagedFile;
  readonly instance: NewInstance;
  readonly overwrite: OverwritePolicy;
  readonly plan: DutyPlan | undefined;
  readonly unsettled: Unsettled;
}

/**
 * Commits the row while the file is being flushed: the answer waits for both. A row whose file turns out not
 * to be durable, after a power cut or a failed flush, is taken back. Nothing is replaced before the file is safe.
 */
async function storeWhileFlushing(ports: IngestPorts, storing: Storing): Promise<Decided> {
  const { staged, instance, unsettled } = storing;
  const { uuid } = instance.file;
  const settled = Promise.withResolvers<void>();
  unsettled.set(uuid, settled.promise);
  const flushing = staged.commit();
  flushing.catch(() => {}); // awaited below; until then a failure is nobody's
  try {
    const outcome = await decide(ports, storing, flushing);
    await tidyUp(ports, storing, outcome);
    return outcome;
  } catch (error) {
    await flushing.catch(() => {});
    await takeBack(ports, uuid);
    throw error;
  } finally {
    unsettled.delete(uuid);
    settled.resolve();
  }
}

/**
 * What becomes of the instance. One that is the same as another which is still being flushed waits for it, and
 * takes its place if it fails: "duplicate" says that a durable one is there.
 */
async function decide(
  { index }: IngestPorts,
  { staged, instance, overwrite, plan, unsettled }: Storing,
  flushing: Promise<void>,
): Promise<Decided> {
  const first = await index.store(instance, overwrite, false, plan);
  await flushing;
  if (first.kind === "unflushed") await staged.durable?.();
  for (let outcome = first;; outcome = await index.store(instance, overwrite, true, plan)) {
    if (outcome.kind === "unflushed") continue;
    const other = "uuid" in outcome && unsettled.get(outcome.uuid);
    if (!other) return outcome;
    await other;
  }
}

/** Removes what the outcome has left over; a failure does not change the outcome. */
async function tidyUp(ports: IngestPorts, storing: Storing, outcome: Decided): Promise<void> {
  const { staged, instance: { file } } = storing;
  const { index, files, log } = ports;
  const failed = (error: unknown) =>
    log("error", "cannot tidy up after storing", { uuid: file.uuid, error: String(error) });
  if (outcome.kind === "replaced") await removeObsolete(ports, outcome.obsoleteFiles);
  else if (outcome.kind !== "stored") await files.remove([file.uuid]).catch(failed);
  else {
    const { row } = outcome; // some time later; nobody waits for it
    Promise.resolve(staged.durable?.()).then(() => index.markFlushed(row)).catch(failed);
  }
}

/** After a failure: row and file go, unless the index does not answer; then the next start decides. */
async function takeBack(ports: IngestPorts, uuid: string): Promise<void> {
  try {
    await ports.index.removeFile(uuid);
    await removeObsolete(ports, [uuid]);
  } catch (error) {
    ports.log("error", "cannot take back a failed store", { uuid, error: String(error) });
  }
}

/** What the index is to know of a file. */
export function newInstance(
  { clock }: { readonly clock: Pick<Clock, "now"> },
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

/** Status "Error: Data Set does not match SOP Class" (PS3.4 Table B.2-1). */
const MISMATCH = 0xa900;

/** @throws DicomError `bad-file` if the data set is another instance than the command says */
function checkAnnounced({ identity, metadata }: Extract, origin: DicomOrigin): void {
  const sopClassUid = metadata.Instance[METADATA.SopClassUid] ?? "";
  if (sopClassUid === origin.sopClassUid && identity.sopInstanceUid === origin.sopInstanceUid) {
    return;
  }
  const fact = "the data set has another SOP class or instance than the command";
  throw new DicomError("bad-file", `Cannot store: ${fact}`, { dimseStatus: MISMATCH });
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
    {
      ...metadata[level],
      ...(level === "Instance" && instance),
      ...(origin.kind === "derived" && origin.metadata[level]),
    },
  ]);
  return Object.fromEntries(entries) as Record<Level, Metadata>;
}

/** Metadata by origin, with Orthanc's values of `Origin`. */
const ORIGINS: { [Kind in Origin["kind"]]: (origin: Origin) => Metadata } = {
  http: ofHttp,
  derived: ofHttp,
  dicom: (origin) => ({
    [METADATA.Origin]: "DicomProtocol",
    ...(origin.kind === "dicom" && {
      [METADATA.RemoteAET]: origin.remoteAet,
      [METADATA.CalledAET]: origin.calledAet,
      [METADATA.RemoteIP]: origin.remoteIp,
    }),
  }),
  recovery: () => ({ [METADATA.Origin]: "Unknown" }),
};

function ofHttp(origin: Origin): Metadata {
  return {
    [METADATA.Origin]: "RestApi",
    ...((origin.kind === "http" || origin.kind === "derived") && {
      [METADATA.RemoteIP]: origin.remoteIp,
      [METADATA.HttpUsername]: origin.username,
    }),
  };
}

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
