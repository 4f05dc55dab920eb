import type { DataSet } from "../dicom/data_set.ts";
import type { NewDataSet } from "../dicom/new_data_set.ts";
import type { OpenFile } from "../ports.ts";

/** A remote application entity and how to talk with it. */
export interface RemoteAe {
  readonly calledAet: string;
  readonly callingAet: string;
  readonly host: string;
  readonly port: number;
  readonly tls: boolean;
  /** Longest wait for a connection and for each answer, in milliseconds; 0 for no limit. */
  readonly timeoutMs: number;
}

/** Information models of queries and retrievals (PS3.4 Annexes C and K). */
export type QueryModel = "patient-root" | "study-root" | "worklist";

/** How far the sub-operations of a retrieval are (PS3.7 Section 9.1.4). */
export interface SubOperations {
  readonly remaining: number;
  readonly completed: number;
  readonly failed: number;
  readonly warning: number;
}

/** What a presentation context for storage is to carry. */
export interface StorageKind {
  readonly sopClassUid: string;
  readonly transferSyntaxUid: string;
}

/** An instance on its way to a remote. */
export interface OutgoingInstance extends StorageKind {
  readonly sopInstanceUid: string;
  /** A Part 10 file; the data set is sent as it is where the remote accepts its transfer syntax. */
  readonly file: OpenFile;
}

/** Who asked for what is being sent, for sub-operations of C-MOVE (PS3.7 Section 9.1.1.1). */
export interface MoveOriginator {
  readonly aet: string;
  readonly messageId: number;
}

/** Sends instances over one association, which is opened anew when another kind of instance needs it. */
export interface StoreSession extends AsyncDisposable {
  /**
   * Sends one instance by C-STORE.
   *
   * @returns the status of the response: success or a warning (0x0000, 0x0111, 0xb000, 0xb006, 0xb007)
   * @throws DicomError `network` or `timeout`; with `dimseStatus` where the remote refused
   */
  store(instance: OutgoingInstance, signal: AbortSignal): Promise<number>;
}

/** One SOP instance by reference. */
export interface SopReference {
  readonly sopClassUid: string;
  readonly sopInstanceUid: string;
}

/** The outcome of storage commitment (PS3.4 Section J.3.3). */
export interface CommitmentResult {
  readonly transactionUid: string;
  readonly stored: readonly SopReference[];
  /** With Failure Reason (0008,1197). */
  readonly failed: readonly (SopReference & { readonly reason: number })[];
}

/**
 * DICOM services as SCU. All fail with DicomError `network` (connection, rejection, abort, a failure status: with
 * `dimseStatus`) or `timeout`; all end when `signal` aborts, by C-CANCEL where the service has it.
 */
export interface DicomClient extends AsyncDisposable {
  /** C-ECHO; with `alsoFind` a C-FIND context must be accepted too. */
  echo(
    remote: RemoteAe,
    options: { readonly alsoFind: boolean },
    signal: AbortSignal,
  ): Promise<void>;
  /** C-FIND: one data set for each match. */
  find(
    remote: RemoteAe,
    request: { readonly model: QueryModel; readonly identifier: NewDataSet },
    signal: AbortSignal,
  ): AsyncIterable<DataSet>;
  /**
   * C-MOVE in the Study Root model, one value for each response. Where this server is the destination, `received` is
   * told the public identifiers of what `arrived()`.
   */
  move(
    remote: RemoteAe,
    request: {
      readonly identifier: NewDataSet;
      readonly destinationAet: string;
      readonly received: (instanceId: string) => void;
    },
    signal: AbortSignal,
  ): AsyncIterable<SubOperations>;
  /** Tells that an instance came by C-STORE with this Move Originator. */
  arrived(originator: MoveOriginator, instanceId: string): void;
  /** C-GET in the Study Root model; what arrives is ingested, `received` is told its public identifiers. */
  get(
    remote: RemoteAe,
    request: {
      readonly identifier: NewDataSet;
      /** Storage SOP classes to propose; the usual ones when empty. */
      readonly sopClassUids: readonly string[];
      readonly received: (instanceId: string) => void;
    },
    signal: AbortSignal,
  ): AsyncIterable<SubOperations>;
  /** Starts to send. `kinds` are those known to come: they are proposed at once. */
  openStore(
    remote: RemoteAe,
    request: {
      readonly kinds: readonly StorageKind[];
      readonly allowTranscoding: boolean;
      readonly moveOriginator?: MoveOriginator;
    },
    signal: AbortSignal,
  ): Promise<StoreSession>;
  /** N-ACTION: asks the remote to commit itself (PS3.4 Section J.3.2). */
  requestCommitment(
    remote: RemoteAe,
    request: { readonly transactionUid: string; readonly references: readonly SopReference[] },
    signal: AbortSignal,
  ): Promise<void>;
  /** N-EVENT-REPORT: tells the remote what is committed (PS3.4 Section J.3.3), in the role of the SCP. */
  reportCommitment(remote: RemoteAe, result: CommitmentResult, signal: AbortSignal): Promise<void>;
}
