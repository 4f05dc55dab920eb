import { ROW_ONLY } from "../../archive/query.ts";
import type { Sendable } from "../../archive/sendable.ts";
import { bytesOf, type TranscodedFile, type Wanted } from "../../archive/transcoding.ts";
import { readRange } from "../../dicom/decode.ts";
import { DicomError } from "../../errors.ts";
import type { OpenFile } from "../../ports.ts";
import type { HttpBody } from "../../ports/http_client.ts";
import { ask, badStatus } from "../../relay/http/ask.ts";
import { defineJob, type JobContext } from "../job.ts";

/** What to send where. */
export interface PeerStore extends Pick<Sendable, "resources" | "instances"> {
  /** Name of the peer; its secrets are not part of the job. */
  readonly peer: string;
  /** The peer as clients are shown it. */
  readonly shownPeer: unknown;
  /** Whether to send compressed by gzip. */
  readonly compress: boolean;
  /** What to transcode to, where that can be; null for nothing. */
  readonly transcode: Wanted | null;
  /** Whether to go on after an instance that could not be sent. */
  readonly permissive: boolean;
}

interface Sent {
  /** Instances that were tried. */
  readonly tried: number;
  readonly failed: number;
  /** Bytes of the bodies that were sent. */
  readonly size: number;
}

const BYTES_PER_MB = 1048576;

/** Sends instances to a peer, one `POST /instances` for each (Orthanc's `OrthancPeerStore`). */
export const peerStore = defineJob<PeerStore, Sent>({
  start: () => ({ tried: 0, failed: 0, size: 0 }),

  async *run({ input, state }, context) {
    for (const id of input.instances.slice(state.tried)) {
      const size = await send(id, input, context);
      state = {
        tried: state.tried + 1,
        failed: state.failed + (size === undefined ? 1 : 0),
        size: state.size + (size ?? 0),
      };
      yield state;
    }
  },

  progress: ({ input, state }) =>
    input.instances.length === 0 ? 1 : state.tried / input.instances.length,

  content: ({ input, state }) => ({
    Compress: input.compress,
    Description: "REST API",
    FailedInstancesCount: state.failed,
    InstancesCount: input.instances.length,
    ...(input.resources.length > 0 && { ParentResources: input.resources.map(({ id }) => id) }),
    Peer: input.shownPeer,
    Resources: input.resources.map(({ level, id }) => ({ ID: id, Type: level })),
    Size: String(state.size),
    SizeMB: Math.floor(state.size / BYTES_PER_MB),
    ...(input.transcode && { Transcode: input.transcode.to }),
  }),
});

/** Sends one instance. @returns bytes of its body; undefined where it cannot be sent and that may be */
async function send(
  id: string,
  input: PeerStore,
  context: JobContext,
): Promise<number | undefined> {
  const { signal, log } = context;
  try {
    return await post(id, input, context);
  } catch (error) {
    if (!input.permissive || signal.aborted || !isOfInstance(error)) throw error;
    log("warning", "Cannot send instance", { id, reason: error.message });
    return undefined;
  }
}

/** Whether another instance may do better: with a peer that does not answer, each would cost its time limit. */
function isOfInstance(error: unknown): error is DicomError {
  return error instanceof DicomError && error.code !== "timeout";
}

async function post(id: string, input: PeerStore, context: JobContext): Promise<number> {
  const { http, peers, index, files, signal } = context;
  const server = peers.serverOf(input.peer);
  const instance = await index.get({ level: "Instance", id }, ROW_ONLY);
  if (!instance?.file) {
    const fact = "it was removed after the job was submitted";
    throw new DicomError("unknown-resource", `Cannot send instance ${id}: ${fact}`);
  }
  await using file = await files.open(instance.file.uuid);
  const plain = await plainBody(file, input, context);
  const counted = countedBody(input.compress ? gzipped(plain) : plain);
  const headers = {
    "Content-Type": "application/dicom",
    ...(input.compress && { "Content-Encoding": "gzip" }),
  };
  const request = { method: "POST", path: "instances", headers, body: counted.body } as const;
  const { status } = await ask({ http, server }, request, signal);
  if (status !== 200) throw badStatus(server, status);
  return counted.size();
}

/** The file, transcoded where that is wanted and can be. */
async function plainBody(
  file: OpenFile,
  { transcode }: PeerStore,
  { transcoder }: JobContext,
): Promise<HttpBody> {
  const asItIs = { length: file.size, read: () => readRange(file, 0, file.size) };
  if (!transcode) return asItIs;
  let ready: TranscodedFile | undefined;
  try {
    ready = await transcoder.transcode(file, transcode);
  } catch (error) {
    if (error instanceof DicomError && error.code === "not-implemented") return asItIs;
    throw error;
  }
  return {
    length: undefined,
    async *read() {
      const transcoded = ready ?? await transcoder.transcode(file, transcode);
      ready = undefined; // it can be read only once
      yield* bytesOf(transcoded);
    },
  };
}

function gzipped({ read }: HttpBody): HttpBody {
  return {
    length: undefined,
    read: () => {
      const pieces = ReadableStream.from(read()) as ReadableStream<Uint8Array<ArrayBuffer>>; // no shared memory
      return pieces.pipeThrough(new CompressionStream("gzip"));
    },
  };
}

/** The same, with the bytes counted that were read. */
function countedBody({ length, read }: HttpBody): { body: HttpBody; size(): number } {
  let size = 0;
  const body = {
    length,
    async *read() {
      size = 0;
      for await (const piece of read()) {
        size += piece.length;
        yield piece;
      }
    },
  };
  return { body, size: () => size };
}
