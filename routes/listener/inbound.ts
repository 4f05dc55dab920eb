import { DicomError } from "../../core/errors.ts";
import { type Framing, parseChunkSize } from "./message.ts";
import type { Socket } from "../../core/net/socket.ts";
import type { Deadline } from "./deadline.ts";

const HEAD_SLAB_BYTES = 16 * 1024;
const BODY_SLAB_BYTES = 256 * 1024;
/** A slab with less room than this is given up for a new one. */
const ROOM_BYTES = 4 * 1024;
const CHUNK_LINE_BYTES = 1024;
const TRAILER_BYTES = 8 * 1024;
const CR = 0x0d;
const LF = 0x0a;

/**
 * The bytes of a connection. They are read into slabs that are never written twice, so that what is handed out
 * stays as it is and no byte is copied; but for slabs that are lent, which are written again and again.
 */
export class Inbound {
  #slab: Uint8Array<ArrayBuffer> = new Uint8Array(HEAD_SLAB_BYTES);
  /** Whether all that was handed out of the slab was lent. */
  #isLent = false;
  #start = 0;
  #end = 0;
  #pending: Promise<boolean> | undefined;

  constructor(readonly socket: Socket) {}

  /** How many bytes were read and not yet taken. */
  get buffered(): number {
    return this.#end - this.#start;
  }

  /**
   * Reads once, or joins the read that runs.
   * @param lend whether what is read may be overwritten once it was taken and more is asked for
   * @returns false if the client closed or lost the connection
   */
  fill(slabBytes: number = HEAD_SLAB_BYTES, lend = false): Promise<boolean> {
    return this.#pending ??= this.#read(slabBytes, lend);
  }

  /** Takes at most `bytes` of what is buffered. */
  take(bytes: number): Uint8Array {
    const from = this.#start;
    this.#start = Math.min(this.#end, from + bytes);
    return this.#slab.subarray(from, this.#start);
  }

  /** Takes what precedes `delimiter`, and drops that; undefined if it is not among the first `limit` bytes buffered. */
  takeUntil(delimiter: "\r\n" | "\r\n\r\n", limit: number): Uint8Array | undefined {
    const bytes = this.#slab.subarray(this.#start, Math.min(this.#end, this.#start + limit));
    const length = indexOfLineEnd(bytes, delimiter.length);
    if (length < 0) return undefined;
    this.#start += length + delimiter.length;
    return bytes.subarray(0, length);
  }

  /** Drops empty lines before a request line (RFC 9112 Section 2.2). */
  skipEmptyLines(): void {
    while (this.buffered >= 2 && this.#slab[this.#start] === CR) {
      if (this.#slab[this.#start + 1] !== LF) return;
      this.#start += 2;
    }
  }

  async #read(slabBytes: number, lend: boolean): Promise<boolean> {
    try {
      if (lend && this.#isLent && this.buffered === 0) this.#start = this.#end = 0;
      this.#makeRoom(slabBytes, lend);
      const count = await this.socket.read(this.#slab.subarray(this.#end));
      this.#end += count ?? 0;
      return count !== null && count > 0;
    } catch {
      return false; // reset, or closed by us: either way nothing follows
    } finally {
      this.#pending = undefined;
    }
  }

  #makeRoom(slabBytes: number, lend: boolean): void {
    if (this.#slab.length - this.#end >= ROOM_BYTES) {
      this.#isLent &&= lend;
      return;
    }
    this.#isLent = lend && this.buffered === 0;
    const slab = new Uint8Array(Math.max(slabBytes, this.buffered + HEAD_SLAB_BYTES));
    slab.set(this.#slab.subarray(this.#start, this.#end));
    [this.#slab, this.#start, this.#end] = [slab, 0, this.buffered];
  }
}

/** What a body tells its connection. */
export interface BodyEvents {
  /** The first bytes are wanted. */
  start(): Promise<void>;
  /** The last byte was taken. */
  complete(): void;
}

/** The body of one request, read from the connection as it is pulled. */
export class RequestBody implements AsyncIterable<Uint8Array> {
  readonly #inbound: Inbound;
  readonly #framing: Framing;
  readonly #idle: { readonly deadline: Deadline; readonly ms: number };
  readonly #events: BodyEvents;
  #chunks: AsyncGenerator<Uint8Array> | undefined;
  #isComplete: boolean;
  #lends = false;

  constructor(
    inbound: Inbound,
    { framing, idle, events }: {
      readonly framing: Framing;
      readonly idle: { readonly deadline: Deadline; readonly ms: number };
      readonly events: BodyEvents;
    },
  ) {
    this.#inbound = inbound;
    this.#framing = framing;
    this.#idle = idle;
    this.#events = events;
    this.#isComplete = framing.kind === "none" || framing.kind === "length" && framing.bytes === 0;
  }

  /** Whether nothing of it remains in the connection. */
  get isComplete(): boolean {
    return this.#isComplete;
  }

  /**
   * The bytes as they come; the first loop gets them, another gets none.
   * @throws DicomError `network` if the client goes away or sends nothing in time, `bad-request` if a chunk is malformed
   */
  [Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    return this.#chunks ??= this.#read();
  }

  /** The same bytes, each piece good only until the next is asked for: a long body then takes little memory. */
  lent(): AsyncIterable<Uint8Array> {
    this.#lends = true;
    return this;
  }

  /** Drops the body if nobody asked for it and it is here already, so that the connection can go on. */
  skipBuffered(): void {
    if (this.#isComplete || this.#chunks || this.#framing.kind !== "length") return;
    if (this.#inbound.buffered < this.#framing.bytes) return;
    this.#inbound.take(this.#framing.bytes);
    this.#isComplete = true;
  }

  async *#read(): AsyncGenerator<Uint8Array> {
    if (this.#isComplete) return;
    await this.#events.start();
    if (this.#framing.kind === "length") yield* this.#takeLength(this.#framing.bytes);
    else yield* this.#takeChunks();
  }

  async *#takeLength(bytes: number): AsyncGenerator<Uint8Array> {
    for (let left = bytes; left > 0;) {
      const part = await this.#part(left);
      left -= part.length;
      if (left === 0) this.#finish();
      yield part;
    }
  }

  /** Chunks, then trailer fields, which are dropped (RFC 9112 Section 7.1). */
  async *#takeChunks(): AsyncGenerator<Uint8Array> {
    for (let size = await this.#chunkSize(); size > 0; size = await this.#chunkSize()) {
      for (let left = size; left > 0;) {
        const part = await this.#part(left);
        left -= part.length;
        yield part;
      }
      if ((await this.#line(2)).length > 0) throw malformed();
    }
    let left = TRAILER_BYTES;
    for (let line = await this.#line(left); line.length > 0; line = await this.#line(left)) {
      left -= line.length + 2;
    }
    this.#finish();
  }

  #finish(): void {
    this.#isComplete = true;
    this.#events.complete();
  }

  async #part(limit: number): Promise<Uint8Array> {
    if (this.#inbound.buffered === 0) {
      await this.#fill(limit > HEAD_SLAB_BYTES ? BODY_SLAB_BYTES : HEAD_SLAB_BYTES);
    }
    return this.#inbound.take(limit);
  }

  async #chunkSize(): Promise<number> {
    const size = parseChunkSize(await this.#line(CHUNK_LINE_BYTES));
    if (size === undefined) throw malformed();
    return size;
  }

  async #line(limit: number): Promise<Uint8Array> {
    for (;;) {
      const line = this.#inbound.takeUntil("\r\n", limit);
      if (line) return line;
      if (this.#inbound.buffered >= limit) throw malformed();
      await this.#fill(BODY_SLAB_BYTES);
    }
  }

  async #fill(slabBytes: number): Promise<void> {
    const { deadline, ms } = this.#idle;
    deadline.set(ms);
    const isAlive = await this.#inbound.fill(slabBytes, this.#lends);
    deadline.clear();
    if (isAlive) return;
    throw new DicomError("network", "Cannot read the request body: the connection ended before it");
  }
}

function malformed(): DicomError {
  return new DicomError("bad-request", "Cannot read the request body: a chunk is malformed");
}

/** Index of one (`delimiterBytes` 2) or two (4) successive line ends, or -1. */
function indexOfLineEnd(bytes: Uint8Array, delimiterBytes: number): number {
  for (let at = bytes.indexOf(CR); at >= 0; at = bytes.indexOf(CR, at + 1)) {
    if (bytes[at + 1] !== LF) continue;
    if (delimiterBytes === 2 || bytes[at + 2] === CR && bytes[at + 3] === LF) return at;
  }
  return -1;
}
