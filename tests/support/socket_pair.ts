import { Buffer } from "node:buffer";
import type { Socket } from "../../core/net/socket.ts";

/** One end of a connection in memory, and what a test may do with it. */
export interface TestSocket extends Socket {
  readonly isClosed: boolean;
  /** Writes of bytes, which the other end reads as they are. */
  writeAll(bytes: Uint8Array): Promise<void>;
  /** All that the other end sends until it closes. */
  readAll(): Promise<Uint8Array>;
}

interface Options {
  /** Most bytes that one read gives. */
  readonly piece?: number;
  /** Bytes that lie between the ends before a write has to wait. */
  readonly capacity?: number;
}

/** Bytes in one direction. */
class Pipe {
  #bytes = new Uint8Array(0);
  #isEnded = false;
  #changed = Promise.withResolvers<void>();

  constructor(readonly piece: number, readonly capacity: number) {}

  async read(into: Uint8Array): Promise<number | null> {
    while (this.#bytes.length === 0 && !this.#isEnded) await this.#changed.promise;
    if (this.#bytes.length === 0) return null;
    const count = Math.min(this.piece, into.length, this.#bytes.length);
    into.set(this.#bytes.subarray(0, count));
    this.#bytes = this.#bytes.slice(count);
    this.#tell();
    return count;
  }

  async write(bytes: Uint8Array): Promise<number> {
    while (this.#bytes.length >= this.capacity && !this.#isEnded) await this.#changed.promise;
    if (this.#isEnded) throw new Deno.errors.BrokenPipe();
    const count = Math.min(bytes.length, this.capacity - this.#bytes.length);
    this.#bytes = new Uint8Array(Buffer.concat([this.#bytes, bytes.subarray(0, count)]));
    this.#tell();
    return count;
  }

  end(): void {
    this.#isEnded = true;
    this.#tell();
  }

  #tell(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers<void>();
  }
}

/** A connection in memory. */
export function socketPair({ piece = 65_536, capacity = 65_536 }: Options = {}): [
  TestSocket,
  TestSocket,
] {
  const there = new Pipe(piece, capacity);
  const back = new Pipe(piece, capacity);
  return [end(back, there), end(there, back)];
}

function end(from: Pipe, to: Pipe): TestSocket {
  let isClosed = false;
  const socket: TestSocket = {
    remoteAddress: "127.0.0.1",
    secure: false,
    get isClosed() {
      return isClosed;
    },
    read: (into) => from.read(into),
    write: (bytes) => to.write(bytes),
    closeWrite: () => Promise.resolve(to.end()),
    close() {
      isClosed = true;
      from.end();
      to.end();
    },
    async writeAll(bytes) {
      for (let at = 0; at < bytes.length;) at += await to.write(bytes.subarray(at));
    },
    async readAll() {
      const all: number[] = [];
      const into = new Uint8Array(4096);
      for (let count; (count = await from.read(into)) !== null;) {
        all.push(...into.subarray(0, count));
      }
      return Uint8Array.from(all);
    },
  };
  return socket;
}
