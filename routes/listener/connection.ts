import type { Log } from "../../core/ports.ts";
import { Inbound, RequestBody } from "./inbound.ts";
import { parseHead, type Refusal, type RequestHead } from "./message.ts";
import { type AnswerBody, Outbound } from "./outbound.ts";
import { IncomingRequest, type RequestEnv } from "./request.ts";
import type { Socket } from "../../core/net/socket.ts";
import { Deadline } from "./deadline.ts";

/** Answers one request, as Hono's `app.fetch` does. */
export type FetchHandler = (request: Request, env: RequestEnv) => Response | Promise<Response>;

/** What a client may take of the server. */
export interface Limits {
  /** Size of request line and header fields; 431 above. */
  readonly headerBytes: number;
  /** From the first byte of a request, or from connecting, to the end of its header fields; 408 after. */
  readonly headersTimeoutMs: number;
  /** How long the client may send nothing of a body that is wanted, or take nothing of its answer. */
  readonly requestTimeoutMs: number;
  /** How long a connection stays open between two requests; 0 for a connection each. */
  readonly keepAliveMs: number;
  /** How many connections may be open at a time. */
  readonly maxConnections: number;
}

/** What all connections of a listener share. */
export interface ConnectionContext {
  readonly handler: FetchHandler;
  readonly limits: Limits;
  readonly log: Log;
}

/** How long what the client still sends is read after an answer that did not wait for it. */
const LINGER_MS = 2000;
const CLOSE = [["Connection", "close"]] as const;

/** One client's connection: a request at a time, in order. */
export class Connection {
  readonly #socket: Socket;
  readonly #context: ConnectionContext;
  readonly #deadline = new Deadline();
  readonly #inbound: Inbound;
  readonly #outbound: Outbound;
  #phase: "idle" | "head" | "busy" | "closed" = "head";
  #isDraining = false;
  /** Resolves when `run()` has. */
  ended: Promise<void> = Promise.resolve();

  constructor(socket: Socket, context: ConnectionContext) {
    this.#socket = socket;
    this.#context = context;
    this.#inbound = new Inbound(socket);
    this.#outbound = new Outbound(socket, this.#idle);
  }

  get #idle() {
    return { deadline: this.#deadline, ms: this.#context.limits.requestTimeoutMs };
  }

  /** Serves the client; resolves when the connection is closed, and never rejects. */
  run(): Promise<void> {
    return this.ended = this.#run();
  }

  async #run(): Promise<void> {
    try {
      let goesOn = true;
      while (goesOn && !this.#isDraining) {
        const head = await this.#readHead();
        if (head === undefined) break;
        goesOn = head.kind === "request" ? await this.#serve(head) : await this.#refuse(head);
      }
    } catch (error) {
      if (!this.#outbound.isBroken) {
        this.#context.log("error", "Cannot finish an answer", { error: String(error) });
      }
    }
    this.close();
  }

  /** Ends the connection after the answer in hand, if any. */
  drain(): void {
    this.#isDraining = true;
    if (this.#phase !== "busy" && this.#inbound.buffered === 0) this.close();
  }

  /** Ends the connection at once. */
  close(): void {
    this.#phase = "closed";
    this.#socket.close();
  }

  /** Ends the connection if what it waits for should have happened before `now`, as of `performance.now()`. */
  checkDeadline(now: number): void {
    if (!this.#deadline.isPast(now)) return;
    if (this.#phase !== "head" || this.#inbound.buffered === 0) return this.close();
    this.#phase = "closed";
    this.#outbound.bare(408, CLOSE).catch(() => {}).finally(() => this.close());
  }

  async #readHead(): Promise<RequestHead | Refusal | undefined> {
    const { headerBytes, headersTimeoutMs, keepAliveMs } = this.#context.limits;
    this.#deadline.set(this.#phase === "idle" ? keepAliveMs : headersTimeoutMs);
    for (;;) {
      this.#inbound.skipEmptyLines();
      if (this.#phase === "idle" && this.#inbound.buffered > 0) {
        this.#phase = "head";
        this.#deadline.set(headersTimeoutMs);
      }
      const bytes = this.#inbound.takeUntil("\r\n\r\n", headerBytes);
      if (bytes) {
        this.#deadline.clear();
        return parseHead(bytes);
      }
      if (this.#inbound.buffered >= headerBytes) {
        return { kind: "refusal", status: 431, reason: "its head is too large" };
      }
      if (!await this.#inbound.fill()) return undefined;
    }
  }

  async #refuse({ status, reason }: Refusal): Promise<false> {
    const client = this.#socket.remoteAddress;
    this.#context.log("info", `Cannot serve a request: ${reason}`, { client, status });
    this.#phase = "busy";
    await this.#outbound.bare(status, [["Content-Length", "0"], ...CLOSE]);
    await this.#linger();
    return false;
  }

  /** @returns whether the connection goes on */
  async #serve(head: RequestHead): Promise<boolean> {
    this.#phase = "busy";
    const exchange = new Exchange();
    const body = this.#bodyOf(head, exchange);
    const scheme = this.#socket.secure ? "https" : "http";
    const request = new IncomingRequest(head, body, scheme);
    exchange.onGone = () => request.abort();
    if (body.isComplete) this.#watch(exchange);

    const response = await this.#handle(request, body);
    body.skipBuffered();
    let goesOn = false;
    const connection = () => {
      exchange.isAnswered = true;
      goesOn = head.persistent && body.isComplete && this.#isKept;
      return goesOn ? this.#keepAlive() : CLOSE;
    };
    const { method, minor } = head;
    await exchange.send(
      response,
      (pull) => this.#outbound.answer(response, pull, { method, minor, connection }),
    );
    if (!body.isComplete) await this.#linger();
    if (goesOn) this.#phase = "idle";
    return goesOn;
  }

  #bodyOf(head: RequestHead, exchange: Exchange): RequestBody {
    return new RequestBody(this.#inbound, {
      framing: head.framing,
      idle: this.#idle,
      events: {
        start: async () => {
          if (head.expectsContinue && !exchange.isAnswered) await this.#outbound.bare(100, []);
        },
        complete: () => this.#watch(exchange),
      },
    });
  }

  async #handle(request: IncomingRequest, body: RequestBody): Promise<Response> {
    const { handler, log } = this.#context;
    try {
      const { remoteAddress } = this.#socket;
      // Hono and our handlers use no more of a Request than IncomingRequest has
      return await handler(request as unknown as Request, { remoteAddress, body });
    } catch (error) {
      log("error", "Cannot answer a request", { error: String(error) });
      return new Response(null, { status: 500 });
    }
  }

  /** Tells `exchange` when the client goes away; a read that gives bytes belongs to the next request. */
  #watch(exchange: Exchange): void {
    if (this.#inbound.buffered > 0) return;
    this.#inbound.fill().then((isAlive) => {
      if (!isAlive) exchange.gone();
    });
  }

  get #isKept(): boolean {
    return !this.#isDraining && this.#context.limits.keepAliveMs > 0;
  }

  #keepAlive(): Iterable<readonly [string, string]> {
    const seconds = Math.floor(this.#context.limits.keepAliveMs / 1000);
    return [["Connection", "keep-alive"], ["Keep-Alive", `timeout=${seconds}`]];
  }

  /** Reads on for a while, because closing with unread bytes would take the answer from the client (RFC 9112 Section 9.6). */
  async #linger(): Promise<void> {
    await this.#socket.closeWrite();
    this.#deadline.set(LINGER_MS);
    while (await this.#inbound.fill(64 * 1024)) this.#inbound.take(Infinity);
    this.#deadline.clear();
  }
}

/** A request and its answer, and what ends them early. */
class Exchange {
  isAnswered = false;
  onGone: () => void = () => {};
  #isGone = false;
  #reader: ReadableStreamDefaultReader<Uint8Array> | undefined;

  /** The client is gone: whoever makes the answer may stop. */
  gone(): void {
    this.#isGone = true;
    this.onGone();
    this.#reader?.cancel().catch(() => {});
  }

  /** Runs `write` with the body of `response`, which is cancelled unless it was read to its end. */
  async send(response: Response, write: (body: AnswerBody) => Promise<void>): Promise<void> {
    const pull = () => this.#pull(response);
    try {
      if (!this.#isGone) await write({ pull, whole: () => response.bytes() });
    } finally {
      if (this.#reader) await this.#reader.cancel().catch(() => {});
      else if (!response.bodyUsed) await response.body?.cancel();
    }
  }

  async #pull(response: Response): Promise<Uint8Array | undefined> {
    this.#reader ??= response.body?.getReader();
    const value = (await this.#reader?.read())?.value;
    if (this.#isGone) throw new Error("the client went away");
    if (value !== undefined && !(value instanceof Uint8Array)) {
      throw new TypeError("the body of the answer holds something else than bytes");
    }
    return value;
  }
}
