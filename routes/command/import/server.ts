import { Agent as HttpAgent, type IncomingMessage, request as httpRequest } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import { Buffer } from "node:buffer";
import { pipeline } from "node:stream/promises";
import { readRange } from "../../../core/dicom/decode.ts";
import type { ByteSource } from "../../../core/bytes/source.ts";
import { DicomError } from "../../../core/errors.ts";
import * as z from "zod";

/** What became of a file that was sent. */
export type Sent =
  | { readonly kind: "stored" | "already" | "filtered" }
  | { readonly kind: "failed"; readonly reason: string };

/** The server that files are sent to: this one, or an Orthanc. */
export interface ImportServer extends Disposable {
  /**
   * Which of these instances it has.
   *
   * @throws DicomError `network`, `unauthorized`
   */
  existing(ids: readonly string[]): Promise<ReadonlySet<string>>;
  /**
   * Sends a file as it is read.
   *
   * @param progress told how many bytes went out; fewer than none when they have to go out again
   * @throws DicomError `network`, `unauthorized`, `storage-full`: sending more files is pointless;
   * `corrupted-file` if the file cannot be read
   */
  store(file: ByteSource, progress: (bytes: number) => void): Promise<Sent>;
}

/** How to reach the server. */
export interface ImportServerOptions {
  readonly url: URL;
  readonly user: string | undefined;
  readonly password: string | undefined;
  readonly connections: number;
  readonly sleep: (ms: number) => Promise<void>;
  readonly signal: AbortSignal;
}

/** Waits before each further attempt at a server that does not answer or is busy, in milliseconds. */
const RETRY_MS = [500, 1000, 2000, 4000] as const;
/** A connection on which nothing moves for so long is given up, in milliseconds. */
const IDLE_MS = 300_000;
/** Longer answers are not read, in bytes. */
const MAXIMUM_ANSWER = 16777216;
/** Longest reason that is shown, in characters. */
const MAXIMUM_REASON = 300;

/** Answers that end the import. */
const FATAL: Readonly<Record<number, { code: "unauthorized" | "storage-full"; fact: string }>> = {
  401: { code: "unauthorized", fact: "the server wants a user and a password" },
  403: { code: "unauthorized", fact: "this user may not store" },
  507: { code: "storage-full", fact: "the server's storage is full" },
};

/** Codes of errors on a connection that was there. */
const CLOSED: ReadonlySet<string> = new Set(["ECONNRESET", "EPIPE"]);

/** Orthanc's words for what became of an instance. */
const KINDS = { Success: "stored", AlreadyStored: "already", FilteredOut: "filtered" } as const;

const StoreAnswer = z.object({ Status: z.enum(["Success", "AlreadyStored", "FilteredOut"]) });
const BulkAnswer = z.array(z.object({ ID: z.string() }));
const ErrorAnswer = z.object({ Message: z.string().optional(), Details: z.string().optional() });

interface Answer {
  readonly status: number;
  readonly text: string;
}

interface Body {
  readonly length: number;
  readonly type: string;
  readonly bytes: () => AsyncIterable<Uint8Array>;
}

/** Makes the client of one import; connections are kept open until it is disposed. */
export function createImportServer(options: ImportServerOptions): ImportServer {
  const { url, connections } = options;
  const Agent = url.protocol === "https:" ? HttpsAgent : HttpAgent;
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const post = (path: string, body: Body) =>
    withRetries(options, () => send(options, agent, { path, body }));

  return {
    async existing(ids) {
      const query = Buffer.from(
        JSON.stringify({ Resources: ids, Level: "Instance", Metadata: false }),
      );
      const { status, text } = await post("tools/bulk-content", {
        length: query.length,
        type: "application/json",
        bytes: () => once(query),
      });
      const found = status === 200 ? parse(BulkAnswer, text) : undefined;
      return new Set(found?.map(({ ID }) => ID)); // none from a server that cannot tell
    },

    async store(file, progress) {
      let sent = 0;
      const count = (bytes: number) => {
        sent += bytes;
        progress(bytes);
      };
      const body: Body = {
        length: file.size,
        type: "application/dicom",
        bytes() {
          count(-sent); // an earlier attempt does not count
          return counted(file, count);
        },
      };
      const { status, text } = await post("instances", body).catch(rejectedUnread);
      const answer = status === 200 ? parse(StoreAnswer, text) : undefined;
      return answer
        ? { kind: KINDS[answer.Status] }
        : { kind: "failed", reason: reasonOf(status, text) };
    },

    [Symbol.dispose]: () => agent.destroy(),
  };
}

/** Tries again while the server cannot be reached or says that it is busy. */
async function withRetries(
  { sleep, signal }: ImportServerOptions,
  attempt: () => Promise<Answer>,
): Promise<Answer> {
  for (let tries = 0;; tries++) {
    signal.throwIfAborted();
    const wait = RETRY_MS[tries];
    try {
      const answer = await attempt();
      const fatal = FATAL[answer.status];
      if (fatal) throw new DicomError(fatal.code, `Cannot import: ${fatal.fact}`);
      if (answer.status !== 503 || wait === undefined) return answer;
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof DicomError) throw error;
      if (wait === undefined) {
        throw new DicomError("network", "Cannot import: the server does not answer", {
          cause: error,
        });
      }
    }
    await sleep(wait);
  }
}

/** One request, over a connection that is kept. */
function send(
  { url, user, password, signal }: ImportServerOptions,
  agent: HttpAgent,
  { path, body }: { path: string; body: Body },
): Promise<Answer> {
  const request = url.protocol === "https:" ? httpsRequest : httpRequest;
  const credentials = Buffer.from(`${user ?? ""}:${password ?? ""}`).toString("base64");
  const headers = {
    "Content-Type": body.type,
    "Content-Length": body.length,
    ...(user !== undefined && { Authorization: `Basic ${credentials}` }),
  };
  return new Promise((resolve, reject) => {
    const target = new URL(path, url);
    const outgoing = request(target, { method: "POST", agent, headers });
    // On a connection that served before, destroying a request does not always raise its error.
    const fail = (error: unknown) => {
      reject(error);
      outgoing.destroy();
    };
    const abort = () => fail(signal.reason);
    signal.addEventListener("abort", abort);
    outgoing.setTimeout(IDLE_MS, () => fail(new Error("no answer")));
    outgoing.on("response", (incoming) => resolve(readAnswer(incoming)));
    outgoing.on("error", reject);
    outgoing.on("close", () => signal.removeEventListener("abort", abort));
    pipeline(body.bytes(), outgoing).catch(reject);
  });
}

/** A server may close the connection on a file that it will not even read: no reason to end the import. */
function rejectedUnread(error: unknown): Answer {
  const { cause } = error instanceof DicomError ? error : {};
  const isClosed = cause instanceof Error && "code" in cause && CLOSED.has(String(cause.code));
  if (!isClosed) throw error;
  return { status: 0, text: JSON.stringify({ Details: "the server closes the connection" }) };
}

async function readAnswer(incoming: IncomingMessage): Promise<Answer> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of incoming as AsyncIterable<Uint8Array>) {
    length += chunk.length;
    if (length > MAXIMUM_ANSWER) throw new Error("answer is too long");
    chunks.push(chunk);
  }
  return { status: incoming.statusCode ?? 0, text: Buffer.concat(chunks).toString() };
}

/** The bytes of a file; what goes wrong here is not the server's fault. */
async function* counted(file: ByteSource, progress: (bytes: number) => void) {
  try {
    for await (const bytes of readRange(file, 0, file.size)) {
      progress(bytes.length);
      yield bytes;
    }
  } catch (cause) {
    throw new DicomError("corrupted-file", "Cannot read file to its end", { cause });
  }
}

async function* once(bytes: Uint8Array) {
  yield await Promise.resolve(bytes);
}

function parse<T>(schema: z.ZodType<T>, text: string): T | undefined {
  try {
    return schema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/** What the server says about a file that it does not take. */
function reasonOf(status: number, text: string): string {
  const answer = parse(ErrorAnswer, text);
  const reason = answer?.Details || answer?.Message;
  return reason ? reason.slice(0, MAXIMUM_REASON) : `the server answers with status ${status}`;
}
