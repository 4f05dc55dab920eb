import { DicomError } from "../../core/errors.ts";
import type {
  MoveOriginator,
  OutgoingInstance,
  RemoteAe,
  StorageKind,
  StoreSession,
} from "../../core/ports/dicom_client.ts";
import type { OpenFile } from "../../core/ports.ts";
import { CommandField, Priority } from "../command.ts";
import { fileDataSet } from "../file_data_set.ts";
import type { AgreedContext } from "../negotiation.ts";
import { ask, statusError } from "./exchange.ts";
import type { Link } from "./link.ts";
import type { Lease, Pool } from "./pool.ts";
import { proposeStorage, withLikely } from "./proposals.ts";

/** The data set of a file in another transfer syntax; undefined where it cannot be had. */
export type Transcode = (
  file: OpenFile,
  syntaxes: { readonly from: string; readonly to: string },
) => AsyncIterable<Uint8Array> | undefined;

/** How to send. */
export interface StoreOptions {
  readonly pool: Pool;
  readonly kinds: readonly StorageKind[];
  readonly allowTranscoding: boolean;
  readonly preferredTransferSyntax: string;
  readonly transcode: Transcode;
  readonly moveOriginator?: MoveOriginator;
}

/** Statuses of C-STORE where the remote has the instance: success, warnings, and that it had it (PS3.4 Table B.2-1). */
const STORED: ReadonlySet<number> = new Set([0x0000, 0x0111, 0xb000, 0xb006, 0xb007]);

/** What is sent over which context. */
interface Plan {
  readonly context: AgreedContext;
  readonly dataSet: AsyncIterable<Uint8Array>;
}

/** Starts to send to `remote`; the association is opened at once. */
export async function openStore(
  remote: RemoteAe,
  options: StoreOptions,
  signal: AbortSignal,
): Promise<StoreSession> {
  const session = new Session(remote, options);
  await session.open(options.kinds, signal);
  return session;
}

class Session implements StoreSession {
  readonly #remote: RemoteAe;
  readonly #options: StoreOptions;
  #lease: Lease | undefined;

  constructor(remote: RemoteAe, options: StoreOptions) {
    this.#remote = remote;
    this.#options = options;
  }

  /** Opens an association for `kinds`, in place of the one there was. */
  async open(kinds: readonly StorageKind[], signal: AbortSignal): Promise<Link> {
    await this[Symbol.asyncDispose]();
    const needed = proposeStorage({ ...this.#options, kinds });
    const wishes = { needed, proposals: withLikely(needed) };
    this.#lease = await this.#options.pool.lend(this.#remote, wishes, signal);
    return this.#lease.link;
  }

  async store(instance: OutgoingInstance, signal: AbortSignal): Promise<number> {
    const { link, plan } = await this.#prepare(instance, signal);
    const { moveOriginator } = this.#options;
    const response = await ask(link, {
      contextId: plan.context.id,
      command: {
        commandField: CommandField.cStoreRequest,
        affectedSopClassUid: instance.sopClassUid,
        priority: Priority.medium,
        affectedSopInstanceUid: instance.sopInstanceUid,
        moveOriginatorApplicationEntityTitle: moveOriginator?.aet,
        moveOriginatorMessageId: moveOriginator?.messageId,
      },
      dataSet: plan.dataSet,
    }, signal);
    if (STORED.has(response.status)) return response.status;
    throw statusError("C-STORE", link, response);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const lease = this.#lease;
    this.#lease = undefined;
    lease?.giveBack();
    await lease?.[Symbol.asyncDispose]();
  }

  /** Over the association there is, or over a new one where the instance was not thought of, or the old one ended. */
  async #prepare(
    instance: OutgoingInstance,
    signal: AbortSignal,
  ): Promise<{ link: Link; plan: Plan }> {
    const current = this.#lease?.link;
    const needed = proposeStorage({ ...this.#options, kinds: [instance] });
    if (current?.isOpen) {
      const plan = this.#plan(current, instance);
      if (plan) return { link: current, plan };
      if (current.covers(needed)) throw refusal(current, instance);
    }
    const link = await this.open([instance, ...this.#options.kinds], signal);
    const plan = this.#plan(link, instance);
    if (!plan) throw refusal(link, instance);
    return { link, plan };
  }

  /** As it is if the remote takes it so, else in the first transfer syntax that can be made. */
  #plan(link: Link, instance: OutgoingInstance): Plan | undefined {
    const { file, sopClassUid, transferSyntaxUid: from } = instance;
    const contexts = link.contexts.filter((context) =>
      context.abstractSyntaxUid === sopClassUid && context.requestorRoles.scu
    );
    const same = contexts.find(({ transferSyntaxUid }) => transferSyntaxUid === from);
    if (same) return { context: same, dataSet: fileDataSet(file) };
    if (!this.#options.allowTranscoding) return undefined;
    for (const context of contexts) {
      const dataSet = this.#options.transcode(file, { from, to: context.transferSyntaxUid });
      if (dataSet) return { context, dataSet };
    }
    return undefined;
  }
}

function refusal({ remote }: Link, { sopClassUid, transferSyntaxUid }: StorageKind): DicomError {
  const what = `SOP class ${sopClassUid} in transfer syntax ${transferSyntaxUid}`;
  return new DicomError(
    "network",
    `C-STORE SCU to AET "${remote.calledAet}": it does not accept ${what}`,
    { refusal: "service" },
  );
}
