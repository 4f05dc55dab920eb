import type { Archives } from "../archive/archive_stream.ts";
import type { ArchiveShelf } from "../archive/archive_stream/shelf.ts";
import type { Modifier } from "../archive/modify.ts";
import type { FileStore, Index, Log } from "../ports.ts";
import type { Transcoder } from "../archive/transcoding.ts";
import type { DicomClient, RemoteAe, SopReference } from "../ports/dicom_client.ts";
import type { HttpClient, HttpServer } from "../ports/http_client.ts";
import type { DicomError, ErrorPayload } from "../errors.ts";

/** What jobs work with. */
export interface JobPorts {
  readonly client: DicomClient;
  readonly index: Pick<Index, "get">;
  readonly files: Pick<FileStore, "open">;
  readonly commitment: CommitmentBook;
  readonly http: HttpClient;
  readonly peers: PeerBook;
  readonly transcoder: Pick<Transcoder, "transcode">;
  readonly archives: Archives;
  readonly archiveShelf: ArchiveShelf;
  readonly modifier: Modifier;
}

/** Where peers are known by name. */
export interface PeerBook {
  /** How to talk with one. @throws DicomError `unknown-resource` */
  serverOf(name: string): HttpServer;
}

/** Where reports of storage commitment are awaited. */
export interface CommitmentBook {
  /** Awaits a report about a transaction that is about to be asked for. */
  expect(transactionUid: string, remoteAet: string): void;
  /** Does so no more. */
  forget(transactionUid: string): void;
  /**
   * Looks which instances are safe here, and tells `remote` over a new association (PS3.4 Section J.3.3).
   *
   * @throws DicomError `network` or `timeout`, with `dimseStatus` where the remote refuses; the reason of `signal`
   */
  answer(remote: RemoteAe, request: CommitmentRequest, signal: AbortSignal): Promise<void>;
}

/** What a remote asks this server to commit itself to. */
export interface CommitmentRequest {
  readonly transactionUid: string;
  readonly references: readonly SopReference[];
}

/** What a running job has. */
export interface JobContext extends JobPorts {
  /** Aborts when the job is to end. */
  readonly signal: AbortSignal;
  /** For what goes wrong without ending the job. */
  readonly log: Log;
}

/** A job as its type sees it; both parts are plain JSON, since they are all that is kept of it. */
export interface Work<Input, State> {
  readonly input: Input;
  readonly state: State;
}

/** A kind of job. */
export interface JobType<Input = unknown, State = unknown> {
  /** What it knows before anything is done. */
  start(input: Input): State;
  /**
   * Goes on from `state`. Each state that it yields is a checkpoint: to be paused, the generator is closed at one, and
   * another goes on from there. To fail, it throws; what it knows then it has yielded before.
   */
  run(work: Work<Input, State>, context: JobContext): AsyncGenerator<State>;
  /** How much is done, 0 to 1. */
  progress(work: Work<Input, State>): number;
  /** What clients are told about it, by Orthanc's names. */
  content(work: Work<Input, State>): Readonly<Record<string, unknown>>;
  /** Name of the archive that it has made. */
  output?(work: Work<Input, State>): string | undefined;
  /**
   * Checkpoints closer together than this need not be kept: to do so much again after the end of the process harms
   * nobody. Each is kept if it is absent.
   */
  readonly repeatableMs?: number;
  /** How long to wait before it goes on from its last checkpoint after a failure; undefined to fail. */
  retryInMs?(work: Work<Input, State>, failure: DicomError): number | undefined;
  /** What clients are told when it fails, beyond what the failure says itself. */
  failurePayload?(work: Work<Input, State>): ErrorPayload;
}

/** Declares a job type; infers what it is about. */
export function defineJob<Input, State>(type: JobType<Input, State>): JobType<Input, State> {
  return type;
}
