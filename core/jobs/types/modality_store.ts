import { ROW_ONLY } from "../../archive/query.ts";
import { kindOf, type Sendable } from "../../archive/sendable.ts";
import { TAG, tagHex } from "../../dicom/tag.ts";
import { DicomError } from "../../errors.ts";
import type {
  MoveOriginator,
  OutgoingInstance,
  RemoteAe,
  SopReference,
  StoreSession,
} from "../../ports/dicom_client.ts";
import { defineJob, type JobContext } from "../job.ts";

/** What to send where. */
export interface ModalityStore extends Sendable {
  readonly remote: RemoteAe;
  readonly allowTranscoding: boolean;
  /** Whether to go on after an instance that could not be sent. */
  readonly permissive: boolean;
  readonly moveOriginator: MoveOriginator | null;
  /** Transaction of storage commitment to ask for at the end; null for none. */
  readonly commitmentUid: string | null;
}

interface Sent {
  /** Instances that were tried. */
  readonly tried: number;
  readonly failed: number;
  /** What was sent, if there is to be storage commitment. */
  readonly references: readonly SopReference[];
}

/** Sends instances to a remote AE by C-STORE over one association (Orthanc's `DicomModalityStore`). */
export const modalityStore = defineJob<ModalityStore, Sent>({
  repeatableMs: 100,

  start: () => ({ tried: 0, failed: 0, references: [] }),

  async *run({ input, state }, context) {
    if (input.instances.length > 0) {
      const { remote, kinds, allowTranscoding, moveOriginator } = input;
      await using session = await context.client.openStore(
        remote,
        { kinds, allowTranscoding, ...(moveOriginator && { moveOriginator }) },
        context.signal,
      );
      await using ahead = openAhead(input.instances.slice(state.tried), context);
      for (const instance of ahead.instances()) {
        const sent = await send(instance, { ...context, session, permissive: input.permissive });
        state = {
          tried: state.tried + 1,
          failed: state.failed + (sent ? 0 : 1),
          references: sent && input.commitmentUid !== null
            ? [...state.references, sent]
            : state.references,
        };
        yield state;
      }
    }
    if (input.commitmentUid !== null && state.references.length > 0) {
      await requestCommitment(input, { transactionUid: input.commitmentUid, ...state }, context);
    }
  },

  progress: ({ input, state }) =>
    input.instances.length === 0 ? 1 : state.tried / input.instances.length,

  content: ({ input, state }) => ({
    Description: "REST API",
    FailedInstancesCount: state.failed,
    InstancesCount: input.instances.length,
    LocalAet: input.remote.callingAet,
    ...(input.resources.length > 0 && { ParentResources: input.resources.map(({ id }) => id) }),
    RemoteAet: input.remote.calledAet,
    Resources: input.resources.map(({ level, id }) => ({ ID: id, Type: level })),
    ...(input.commitmentUid !== null && { StorageCommitmentTransactionUID: input.commitmentUid }),
  }),
});

/** How instances are sent. */
interface Sending extends JobContext {
  readonly session: StoreSession;
  readonly permissive: boolean;
}

/** Sends one instance; undefined where it cannot be and that may be. */
async function send(
  { id, opening }: Ahead,
  { session, permissive, signal, log }: Sending,
): Promise<SopReference | undefined> {
  try {
    const instance = await opening;
    await using _file = instance.file;
    await session.store(instance, signal);
    const { sopClassUid, sopInstanceUid } = instance;
    return { sopClassUid, sopInstanceUid };
  } catch (error) {
    if (!permissive || signal.aborted || !isOfInstance(error)) throw error;
    log("warning", "Cannot send instance", { id, reason: error.message });
    return undefined;
  }
}

/** An instance that is being opened. */
interface Ahead {
  readonly id: string;
  readonly opening: Promise<OutgoingInstance>;
}

/** Opens each instance while the one before is sent; disposal closes what nobody took. */
function openAhead(ids: readonly string[], context: JobContext) {
  let next: Ahead | undefined;
  const start = (at: number) => {
    const id = ids[at];
    next = id === undefined ? undefined : { id, opening: open(id, context) };
    next?.opening.catch(() => {}); // it is told when it is waited for, if ever
    return next;
  };
  return {
    *instances(): Generator<Ahead> {
      let ahead = start(0);
      for (let at = 1; ahead; at++) {
        const taken: Ahead = ahead;
        ahead = start(at);
        yield taken;
      }
    },
    async [Symbol.asyncDispose]() {
      const instance = await next?.opening.catch(() => undefined);
      await instance?.file[Symbol.asyncDispose]();
    },
  };
}

/** Whether another instance may do better: with a remote that does not answer, each would cost its time limit. */
function isOfInstance(error: unknown): error is DicomError {
  return error instanceof DicomError && error.code !== "timeout";
}

async function open(id: string, { index, files }: JobContext): Promise<OutgoingInstance> {
  const instance = await index.get({ level: "Instance", id }, ROW_ONLY);
  const kind = instance && kindOf(instance);
  const sopInstanceUid = instance?.tags[tagHex(TAG.sopInstanceUid)];
  if (!instance?.file || !kind || typeof sopInstanceUid !== "string") {
    const fact = "it was removed after the job was submitted";
    throw new DicomError("unknown-resource", `Cannot send instance ${id}: ${fact}`);
  }
  return { ...kind, sopInstanceUid, file: await files.open(instance.file.uuid) };
}

async function requestCommitment(
  { remote }: ModalityStore,
  request: { readonly transactionUid: string; readonly references: readonly SopReference[] },
  { client, commitment, signal }: JobContext,
): Promise<void> {
  const { transactionUid, references } = request;
  commitment.expect(transactionUid, remote.calledAet); // the report may come before the answer
  try {
    await client.requestCommitment(remote, { transactionUid, references }, signal);
  } catch (error) {
    commitment.forget(transactionUid);
    throw error;
  }
}
