import type { AnonymizationCounter } from "./archive/anonymize.ts";
import type { Attachments } from "./archive/attachments.ts";
import type { Archives } from "./archive/archive_stream.ts";
import type { ArchiveShelf } from "./archive/archive_stream/shelf.ts";
import type { ChangeFeed } from "./archive/changes.ts";
import type { NewDicom } from "./archive/create_dicom.ts";
import type { Exports } from "./archive/exports.ts";
import type { Images } from "./archive/images.ts";
import type { createFindRequests } from "./archive/find.ts";
import type { Ingest } from "./archive/ingest.ts";
import type { InstanceReader } from "./archive/instance_reader.ts";
import type { createInstanceTags } from "./archive/instance_tags.ts";
import type { MetadataChanges } from "./archive/metadata.ts";
import type { Modifier } from "./archive/modify.ts";
import type { RenewFile } from "./archive/modify/renew_file.ts";
import type { Protection } from "./archive/protection.ts";
import type { Receive } from "./archive/receive.ts";
import type { createRemove } from "./archive/remove.ts";
import type { QueryRetrieve } from "./archive/query_retrieve.ts";
import type { createRequestedTags } from "./archive/requested_tags.ts";
import type { Level } from "./archive/resource.ts";
import type { OpenTranscoded } from "./archive/transcoded_file.ts";
import type { Transcoder } from "./archive/transcoding.ts";
import type { Upload } from "./archive/upload.ts";
import type { AssociationLog } from "./associations.ts";
import type { Commitment } from "./commitment.ts";
import type { Config } from "./config.ts";
import type { DiskWatch } from "./disk.ts";
import type { Tag } from "./dicom/tag.ts";
import type { Housekeeper } from "./housekeeper.ts";
import type { Jobs } from "./jobs/engine.ts";
import type { JOB_TYPES } from "./jobs/types.ts";
import type { Logs } from "./log.ts";
import type { Modalities } from "./modalities.ts";
import type { Metrics } from "./metrics.ts";
import type { Clock, FileStore, Index, Properties } from "./ports.ts";
import type { Annotations } from "./ports/annotations.ts";
import type { AuditStore } from "./ports/audit_store.ts";
import type { ExportLog } from "./ports/export_log.ts";
import type { FileForms } from "./ports/file_forms.ts";
import type { Peers } from "./peers.ts";
import type { DicomClient } from "./ports/dicom_client.ts";
import type { FileRows, FolderInventory } from "./ports/inventory.ts";
import type { HttpClient } from "./ports/http_client.ts";
import type { PeerStoreStraight } from "./relay/http/straight.ts";
import type { JobStore } from "./ports/job_store.ts";
import type { Recycling } from "./ports/recycling.ts";
import type { Upkeep } from "./ports/upkeep.ts";
import type { Queries } from "./remote/queries.ts";
import type { SendStraight } from "./remote/send_straight.ts";
import type { Relay } from "./relay/relay.ts";
import type { Destinations } from "./ports/destinations.ts";
import type { ExportFolder } from "./ports/export_folder.ts";
import type { Duties } from "./ports/duties.ts";
import type { Scratch } from "./ports/scratch.ts";
import type { Audit } from "./security/audit.ts";
import type { WorklistFolder } from "./ports/worklist_folder.ts";
import type { Worklists } from "./worklists.ts";

/** What the running server asks of the outside world. */
export interface AppPorts {
  readonly index:
    & Index
    & Annotations
    & ExportLog
    & Recycling
    & JobStore
    & Duties
    & Upkeep
    & FileRows;
  readonly properties: Properties;
  readonly files: FileStore & FileForms;
  /** What lies in the folder of files; absent where nobody looks. */
  readonly inventory?: FolderInventory;
  readonly scratch: Scratch;
  readonly clock: Clock;
  readonly logs: Logs;
  readonly control: ServerControl;
  /** Absent if nobody wants to know who did what. */
  readonly audit?: AuditStore;
  /** Counted already before the ports are used; absent if nobody wants to know. */
  readonly metrics?: Metrics;
  /** Absent where the room on the disk is not watched. */
  readonly disk?: DiskWatch;
  /** Makes the client of remote modalities; what they send goes to `receive`. */
  createClient(
    needs: {
      readonly config: Config;
      readonly clock: Clock;
      readonly receive: Receive;
      readonly transcoder: Transcoder;
    },
  ): DicomClient;
  readonly openWorklists: (path: string) => WorklistFolder;
  readonly openExportFolder: (path: string, clock: Clock) => ExportFolder;
  /** In place of what the configuration names. */
  readonly destinations?: Destinations;
}

/** What the server can do with itself. */
export interface ServerControl {
  /** Stops, and starts anew with the configuration as it is now. */
  restart(): void;
  shutdown(): void;
}

/** What the server can do, whatever the protocol; `dimse/` and `routes/` call nothing else. */
export interface App extends AsyncDisposable {
  readonly config: Config;
  readonly clock: Clock;
  readonly logs: Logs;
  readonly control: ServerControl;
  readonly metrics: Metrics;
  readonly audit: Audit;
  readonly disk: DiskWatch | undefined;
  /** Main DICOM tags of each level, with those of the configuration. */
  readonly mainTags: Readonly<Record<Level, readonly Tag[]>>;
  /** Reading what is stored, and labels; storing and removing go through the functions below. */
  readonly index: Omit<Index, "store" | "remove" | "forgetFiles" | "markStable">;
  readonly ingest: Ingest;
  readonly receive: Receive;
  readonly upload: Upload;
  readonly reader: InstanceReader;
  readonly tags: ReturnType<typeof createInstanceTags>;
  readonly images: Images;
  readonly archives: Archives;
  readonly archiveShelf: ArchiveShelf;
  readonly transcoder: Transcoder;
  readonly transcodedFile: OpenTranscoded;
  readonly search: ReturnType<typeof createFindRequests>;
  readonly requestedTags: ReturnType<typeof createRequestedTags>;
  readonly remove: ReturnType<typeof createRemove>;
  readonly modifier: Modifier;
  readonly renewFile: RenewFile;
  /** Undefined where nothing may be changed. */
  readonly housekeeper: Housekeeper | undefined;
  /** The file of a new instance. @throws DicomError as `createDicom()` */
  readonly createDicom: (wanted: NewDicom) => AsyncIterable<Uint8Array>;
  readonly anonymizations: AnonymizationCounter;
  readonly metadata: MetadataChanges;
  readonly attachments: Attachments;
  readonly protection: Protection;
  readonly exports: Exports;
  readonly relay: Relay;
  readonly changes: ChangeFeed;
  readonly associations: AssociationLog;
  readonly modalities: Modalities;
  readonly client: DicomClient;
  readonly peers: Peers;
  /** Talks with peers. */
  readonly http: HttpClient;
  readonly peerStoreStraight: PeerStoreStraight;
  /** Files that are stored, to be sent. */
  readonly files: Pick<FileStore, "open">;
  readonly queryRetrieve: QueryRetrieve;
  readonly commitment: Commitment;
  readonly jobs: Jobs<typeof JOB_TYPES>;
  /** Queries of remote modalities. */
  readonly queries: Queries;
  readonly sendStraight: SendStraight;
  /** Undefined unless they are enabled. */
  readonly worklists: Worklists | undefined;
}
