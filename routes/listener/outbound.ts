import { encodeHead } from "./message.ts";
import type { Socket } from "../../core/net/socket.ts";
import type { Deadline } from "./deadline.ts";

/** Answers up to this size that tell their length go out in one write. */
const ONE_WRITE_BYTES = 64 * 1024;
/** Smaller pieces are joined to one write. */
const JOIN_BYTES = 160 * 1024;
/** What a connection keeps of that memory between two answers. */
const KEPT_BYTES = 16 * 1024;
/** The longest answer of unknown length for an HTTP/1.0 client: such a client cannot see that one was cut off. */
const OLD_CLIENT_BYTES = 8 * 1024 * 1024;
/** Answers that cannot have a body (RFC 9110 Sections 15.3.5 and 15.4.5). */
const BODYLESS: ReadonlySet<number> = new Set([204, 304]);
const OWN_FIELDS: ReadonlySet<string> = new Set([
  "connection",
  "content-length",
  "date",
  "keep-alive",
  "transfer-encoding",
]);
const CRLF = new Uint8Array([0x0d, 0x0a]);
const EMPTY = new Uint8Array();
const ENCODER = new TextEncoder();

type Field = readonly [name: string, value: string];

/** How one request is to be answered. */
export interface AnswerOptions {
  readonly method: string;
  /** Of HTTP/1.x, as the client speaks it. */
  readonly minor: 0 | 1;
  /** Fields that say what becomes of the connection. */
  readonly connection: () => Iterable<Field>;
}

/** The body of an answer, all at once or piece by piece. */
export interface AnswerBody {
  /** All of it; for answers that are known to be small. */
  whole(): Promise<Uint8Array>;
  /** The next piece, or undefined at the end. */
  pull(): Promise<Uint8Array | undefined>;
}

/** Writes answers to a socket, each write only when the client has taken the last one. */
export class Outbound {
  readonly #socket: Socket;
  readonly #idle: { readonly deadline: Deadline; readonly ms: number };
  #isBroken = false;
  #scratch: Uint8Array | undefined;

  constructor(socket: Socket, idle: { readonly deadline: Deadline; readonly ms: number }) {
    this.#socket = socket;
    this.#idle = idle;
  }

  /** Whether the client stopped taking what is written. */
  get isBroken(): boolean {
    return this.#isBroken;
  }

  /** Writes an answer that has no body. */
  async bare(status: number, fields: Iterable<Field>): Promise<void> {
    await this.#write([encodeHead(status, fields)]);
  }

  /**
   * Writes `response`, with its length when that is known and in chunks when not. Rejects if the body fails, ends early
   * or is too long, or if the client is gone: what was written is then not complete, and the socket must be closed.
   */
  async answer(response: Response, body: AnswerBody, options: AnswerOptions): Promise<void> {
    const declared = response.headers.get("content-length");
    const isBodyless = options.method === "HEAD" || BODYLESS.has(response.status);
    if (isBodyless) await this.#write([head(response, options, lengthField(declared))]);
    else if (declared !== null) await this.#counted(response, body, options, Number(declared));
    else if (response.body === null) await this.#write([head(response, options, lengthField("0"))]);
    else if (options.minor === 0) await this.#collected(response, body, options);
    else await this.#chunked(response, body, options);
    if (this.#scratch && this.#scratch.length > KEPT_BYTES) this.#scratch = undefined;
  }

  async #counted(response: Response, body: AnswerBody, options: AnswerOptions, bytes: number) {
    const isSmall = bytes <= ONE_WRITE_BYTES;
    const first = isSmall ? await body.whole() : await body.pull() ?? EMPTY;
    let left = remaining(bytes, first);
    if (isSmall && left > 0) throw shorter();
    await this.#write([head(response, options, lengthField(String(bytes))), first]);
    while (left > 0) {
      const part = await body.pull();
      if (part === undefined) throw shorter();
      left = remaining(left, part);
      await this.#write([part]);
    }
    if (!isSmall && await body.pull() !== undefined) remaining(0, CRLF);
  }

  async #collected(response: Response, body: AnswerBody, options: AnswerOptions): Promise<void> {
    const parts: Uint8Array[] = [];
    let total = 0;
    for (let part = await body.pull(); part !== undefined; part = await body.pull()) {
      parts.push(part);
      total += part.length;
      if (total > OLD_CLIENT_BYTES) {
        return await this.bare(505, [...lengthField("0"), ...options.connection()]);
      }
    }
    await this.#write([head(response, options, lengthField(String(total))), ...parts]);
  }

  async #chunked(response: Response, body: AnswerBody, options: AnswerOptions): Promise<void> {
    const makeHead = () => head(response, options, [["Transfer-Encoding", "chunked"]]);
    let prefix: Uint8Array | undefined; // not made before the first piece is there, which may need 100 Continue
    for (let part = await body.pull(); part !== undefined; part = await body.pull()) {
      if (part.length === 0) continue; // an empty chunk would end the body
      const size = ENCODER.encode(part.length.toString(16) + "\r\n");
      await this.#write([prefix ?? makeHead(), size, part, CRLF]);
      prefix = EMPTY;
    }
    await this.#write([prefix ?? makeHead(), ENCODER.encode("0\r\n\r\n")]);
  }

  async #write(parts: readonly Uint8Array[]): Promise<void> {
    const total = parts.reduce((sum, part) => sum + part.length, 0);
    for (const part of total <= JOIN_BYTES ? [this.#join(parts, total)] : parts) {
      for (let at = 0; at < part.length;) {
        at += await this.#writeSome(at === 0 ? part : part.subarray(at));
      }
    }
  }

  /** Joins parts in memory that is used again once they are written. */
  #join(parts: readonly Uint8Array[], total: number): Uint8Array {
    if (parts.length === 1) return parts[0]!;
    if (total > (this.#scratch?.length ?? 0)) this.#scratch = new Uint8Array(total);
    let at = 0;
    for (const part of parts) {
      this.#scratch!.set(part, at); // made above unless all parts are empty, and then it is not there
      at += part.length;
    }
    return this.#scratch!.subarray(0, total);
  }

  async #writeSome(bytes: Uint8Array): Promise<number> {
    this.#idle.deadline.set(this.#idle.ms);
    try {
      return await this.#socket.write(bytes);
    } catch (error) {
      this.#isBroken = true;
      throw error;
    } finally {
      this.#idle.deadline.clear();
    }
  }
}

function head(response: Response, options: AnswerOptions, framing: Iterable<Field>): Uint8Array {
  const fields: Field[] = [["Date", new Date().toUTCString()]];
  for (const field of response.headers) if (!OWN_FIELDS.has(field[0])) fields.push(field);
  fields.push(...framing, ...options.connection());
  return encodeHead(response.status, fields);
}

function lengthField(bytes: string | null): Field[] {
  return bytes === null ? [] : [["Content-Length", bytes]];
}

function remaining(left: number, { length }: Uint8Array): number {
  if (length > left) throw new Error("the answer is longer than it says");
  return left - length;
}

function shorter(): Error {
  return new Error("the answer is shorter than it says");
}
