import type { Clock } from "../../ports.ts";
import type { Delivery, DutyInstance, Sender } from "../../ports/destinations.ts";
import type { DicomClient, RemoteAe, StoreSession } from "../../ports/dicom_client.ts";
import { DicomError } from "../../errors.ts";
import { type CommitmentBook, proveByCommitment } from "./modality/commitment.ts";
import { proveByFind } from "./modality/find.ts";
import { failedByError, statusText, unprovenByError } from "./outcome.ts";

/** A modality to send to. */
export interface ModalityTarget {
  readonly remote: RemoteAe;
  readonly allowTranscoding: boolean;
}

/** What the sender needs. */
export interface ModalitySenderPorts {
  readonly client: Pick<DicomClient, "openStore" | "requestCommitment" | "find" | "echo">;
  readonly commitment: CommitmentBook;
  readonly clock: Clock;
  /** The modality as it is configured now. @throws DicomError `not-found` */
  target(): ModalityTarget;
}

/** Instances that one association carries. */
const MOST_INSTANCES = 500;

/** Warnings of C-STORE (PS3.4 Table B.2-1), and that the remote has such an instance. */
const WARNINGS: Readonly<Record<number, string>> = {
  0x0111: "the receiver has an instance with this UID already",
  0xb000: "the receiver has changed data elements",
  0xb006: "the receiver has left out data elements",
  0xb007: "the data set does not match its SOP class",
};

/** An association that is kept. */
interface Kept {
  readonly session: StoreSession;
  readonly callingAet: string;
  sent: number;
}

/** Sends by C-STORE; proof by storage commitment or by C-FIND. */
export function createModalitySender(ports: ModalitySenderPorts): Sender {
  const { client, target } = ports;
  let kept: Kept | undefined;

  async function close(): Promise<void> {
    const old = kept;
    kept = undefined;
    await old?.session[Symbol.asyncDispose]();
  }

  async function sessionFor(instance: DutyInstance, signal: AbortSignal): Promise<Kept> {
    const { remote, allowTranscoding } = target();
    const callingAet = instance.callingAet ?? remote.callingAet;
    if (kept && kept.sent < MOST_INSTANCES && kept.callingAet === callingAet) return kept;
    await close();
    const { sopClassUid, transferSyntaxUid } = instance;
    const kinds = [{ sopClassUid, transferSyntaxUid }];
    const request = { kinds, allowTranscoding };
    const session = await client.openStore({ ...remote, callingAet }, request, signal);
    return kept = { session, callingAet, sent: 0 };
  }

  async function deliver(instance: DutyInstance, signal: AbortSignal): Promise<Delivery> {
    await using file = await instance.open();
    const current = await sessionFor(instance, signal);
    current.sent++;
    const { sopClassUid, sopInstanceUid, transferSyntaxUid } = instance;
    const outgoing = { sopClassUid, sopInstanceUid, transferSyntaxUid, file };
    const status = await current.session.store(outgoing, signal);
    const warning = WARNINGS[status];
    return { kind: "accepted", status: statusText(status), ...(warning && { warning }) };
  }

  return {
    async deliver(instance, signal) {
      try {
        return await deliver(instance, signal);
      } catch (error) {
        if (!isRefusal(error)) await close();
        return failedByError(error, signal);
      }
    },

    async prove(instances, level, signal) {
      try {
        const asked = { ...ports, remote: target().remote };
        return level === "commit"
          ? await proveByCommitment(asked, instances, signal)
          : await proveByFind(asked, instances, signal);
      } catch (error) {
        const proof = unprovenByError(error, signal);
        return instances.map(() => proof);
      }
    },

    async probe(signal) {
      try {
        await client.echo(target().remote, { alsoFind: false }, signal);
      } catch (cause) {
        if (!(cause instanceof DicomError) || cause.refusal !== "caller") throw cause;
        throw new DicomError("unauthorized", cause.message, { cause });
      }
    },

    [Symbol.asyncDispose]: close,
  };
}

/** Whether the remote said no and the association goes on. */
function isRefusal(error: unknown): boolean {
  return error instanceof DicomError && error.dimseStatus !== undefined;
}
