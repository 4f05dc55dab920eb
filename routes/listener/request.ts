import { DicomError } from "../../core/errors.ts";
import type { RequestHead } from "./message.ts";

/** What the listener knows of a request beyond the request itself; Hono's handlers find it in `c.env`. */
export interface RequestEnv {
  /** IP address of the client. */
  readonly remoteAddress: string;
  /** The body straight from the connection, which is read no faster than this is pulled. */
  readonly body: IncomingBody;
}

/** A body as it comes from the connection. */
export interface IncomingBody extends AsyncIterable<Uint8Array> {
  /** The same bytes, each piece good only until the next is asked for: a long body then takes little memory. */
  lent(): AsyncIterable<Uint8Array>;
}

/** The largest body that `text()` and its like take: those who want more stream it. */
const WHOLE_BODY_BYTES = 16 * 1024 * 1024;

/**
 * The part of the web's `Request` that Hono and handlers use. Header fields, stream and signal are made when they are
 * asked for: making them all would cost more than answering a small request.
 */
export class IncomingRequest {
  readonly method: string;
  readonly url: string;
  readonly #head: RequestHead;
  readonly #source: AsyncIterable<Uint8Array>;
  #headers: Headers | undefined;
  #stream: ReadableStream<Uint8Array> | undefined;
  #controller: AbortController | undefined;
  #isAborted = false;

  constructor(head: RequestHead, source: AsyncIterable<Uint8Array>, scheme: "http" | "https") {
    this.method = head.method;
    this.url = `${scheme}://${head.host || "localhost"}${head.target}`;
    this.#head = head;
    this.#source = source;
  }

  get headers(): Headers {
    return this.#headers ??= new Headers(this.#head.fields.map(([name, value]) => [name, value]));
  }

  get body(): ReadableStream<Uint8Array> | null {
    if (this.#head.framing.kind === "none") return null;
    return this.#stream ??= ReadableStream.from(this.#source);
  }

  /** Aborted when the client goes away before the answer is complete. */
  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.#isAborted) this.#controller.abort();
    return this.#controller.signal;
  }

  /** The client is gone. */
  abort(): void {
    this.#isAborted = true;
    this.#controller?.abort();
  }

  /** @throws DicomError `too-large` above 16 MiB */
  async bytes(): Promise<Uint8Array<ArrayBuffer>> {
    const parts: Uint8Array<ArrayBuffer>[] = [];
    let total = 0;
    for await (const part of this.#source) {
      total += part.length;
      if (total > WHOLE_BODY_BYTES) {
        throw new DicomError("too-large", "Cannot read the request body: it is above 16 MiB");
      }
      parts.push(part as Uint8Array<ArrayBuffer>); // sockets are not read into shared memory
    }
    return await new Blob(parts).bytes();
  }

  async arrayBuffer(): Promise<ArrayBuffer> {
    return (await this.bytes()).buffer;
  }

  async text(): Promise<string> {
    return new TextDecoder().decode(await this.bytes());
  }

  async json(): Promise<unknown> {
    return JSON.parse(await this.text());
  }
}
