import type { CharacterSets } from "../core/dicom/charset.ts";
import { SOP_CLASS, USUAL_STORAGE_SOP_CLASS_UIDS } from "../core/dicom/sop_class.ts";
import type { DicomClient, RemoteAe } from "../core/ports/dicom_client.ts";
import { CommandField } from "./command.ts";
import { createArrivals } from "./scu/arrivals.ts";
import {
  COMMITMENT_PROPOSAL,
  REPORT_PROPOSAL,
  reportCommitment,
  requestCommitment,
} from "./scu/commitment.ts";
import { ask, checkStatus } from "./scu/exchange.ts";
import { find, FIND_SOP_CLASSES } from "./scu/find.ts";
import type { Link } from "./scu/link.ts";
import { createPool, type PoolOptions } from "./scu/pool.ts";
import { type Proposal, proposeRetrieval, proposeService } from "./scu/proposals.ts";
import { get, move, type Receive } from "./scu/retrieve.ts";
import { openStore, type Transcode } from "./scu/store.ts";
import { DicomError } from "../core/errors.ts";

/** What a DICOM client needs of the rest of the server. */
export interface DicomClientOptions extends PoolOptions {
  /** Option `DicomScuPreferredTransferSyntax`. */
  readonly preferredTransferSyntax: string;
  /** Defined term of Specific Character Set for queries that are not ASCII. */
  readonly characterSet: string;
  /** Character sets of answers that name none (option `DefaultEncoding`). */
  readonly defaultSets: CharacterSets;
  /** Takes what arrives by C-GET. */
  readonly receive: Receive;
  readonly transcode: Transcode;
}

/** Makes a client of remote application entities; associations are kept for a while (PS3.7, PS3.8). */
export function createDicomClient(options: DicomClientOptions): DicomClient {
  const pool = createPool(options);
  const arrivals = createArrivals();

  /** Has `work` done over a kept or new association. */
  async function over<T>(
    remote: RemoteAe,
    { proposals, signal, keep = true }: Wanted,
    work: (link: Link) => Promise<T>,
  ): Promise<T> {
    await using lease = await pool.lend(remote, { needed: proposals, proposals }, signal);
    try {
      return await work(lease.link);
    } finally {
      if (keep) lease.giveBack(); // after a failure too: where an answer was to come, it has ended
      else await lease.link.association.release();
    }
  }

  /** The same for what has several results. */
  async function* overMany<T>(
    remote: RemoteAe,
    { proposals, signal }: Wanted,
    work: (link: Link) => AsyncIterable<T>,
  ): AsyncGenerator<T> {
    await using lease = await pool.lend(remote, { needed: proposals, proposals }, signal);
    try {
      yield* work(lease.link);
      lease.giveBack();
    } catch (error) {
      if (isRefusal(error)) lease.giveBack();
      throw error;
    }
  }

  return {
    echo(remote, { alsoFind }, signal) {
      const sopClasses = [SOP_CLASS.verification, ...(alsoFind ? [SOP_CLASS.studyRootFind] : [])];
      return over(remote, { proposals: sopClasses.map(proposeService), signal }, async (link) => {
        if (alsoFind) link.contextOf(SOP_CLASS.studyRootFind);
        await echo(link, signal);
      });
    },
    find(remote, request, signal) {
      const proposals = [proposeService(FIND_SOP_CLASSES[request.model])];
      return overMany(
        remote,
        { proposals, signal },
        (link) => find(link, { ...options, ...request, signal }),
      );
    },
    move(remote, request, signal) {
      const proposals = [proposeService(SOP_CLASS.studyRootMove)];
      return overMany(
        remote,
        { proposals, signal },
        (link) => move(link, { ...options, ...request, arrivals, signal }),
      );
    },
    arrived: arrivals.arrived,
    get(remote, request, signal) {
      const { sopClassUids } = request;
      const wanted = sopClassUids.length > 0 ? sopClassUids : USUAL_STORAGE_SOP_CLASS_UIDS;
      const proposals = proposeRetrieval(SOP_CLASS.studyRootGet, wanted);
      return overMany(
        remote,
        { proposals, signal },
        (link) => get(link, { ...options, ...request, signal }),
      );
    },
    openStore: (remote, request, signal) =>
      openStore(remote, { ...options, ...request, pool }, signal),
    requestCommitment: (remote, request, signal) =>
      over(
        remote,
        { proposals: [COMMITMENT_PROPOSAL], signal, keep: false }, // else the report may come over it
        (link) => requestCommitment(link, { ...options, ...request, signal }),
      ),
    reportCommitment: (remote, result, signal) =>
      over(
        remote,
        { proposals: [REPORT_PROPOSAL], signal, keep: false },
        (link) => reportCommitment(link, { ...options, result, signal }),
      ),
    [Symbol.asyncDispose]: () => pool[Symbol.asyncDispose](),
  };
}

interface Wanted {
  readonly proposals: readonly Proposal[];
  readonly signal: AbortSignal;
  /** Whether the association may serve again. */
  readonly keep?: boolean;
}

/** C-ECHO (PS3.7 Section 9.1.5). */
async function echo(link: Link, signal: AbortSignal): Promise<void> {
  const context = link.contextOf(SOP_CLASS.verification);
  const command = {
    commandField: CommandField.cEchoRequest,
    affectedSopClassUid: SOP_CLASS.verification,
  };
  checkStatus("C-ECHO", link, await ask(link, { contextId: context.id, command }, signal));
}

/** Whether the remote said no and is ready for the next request. */
function isRefusal(error: unknown): boolean {
  return error instanceof DicomError && error.dimseStatus !== undefined;
}
