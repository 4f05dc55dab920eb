import { createHash } from "node:crypto";
import { type ByteSource, memorySource } from "../core/bytes/source.ts";
import type { OpenFile } from "../core/ports.ts";
import { rethrowWriteError } from "./failures.ts";
import { openSource } from "./file_source.ts";
import {
  type HeadBuffer,
  returnSharedBuffer,
  takeHeadBuffer,
  takeSharedBuffer,
} from "./head_buffer.ts";
import type { EndOfFile, FileBeingWritten, FileWriter } from "./writing/writer.ts";

/** Bytes that are worth being handed over while the rest is on its way. */
const PIECE = 262144;

/** What was received, before anybody has decided to keep it. */
export interface Received extends AsyncDisposable {
  readonly size: number;
  readonly sha256: string;
  readonly source: ByteSource;
  /** Resolves when the file is durable, but for its name; undefined for what is in memory alone. */
  readonly flushed: Promise<void> | undefined;
  /** All of it, if it is in memory alone. */
  readonly bytes: Uint8Array;
}

/** How to receive. */
export interface ReceiveOptions {
  /** Path of the file, which is new; it is made when the bytes become more than `memory`. */
  readonly path: string;
  readonly writer: FileWriter;
  /** Up to so many bytes stay in memory, 65536 at most. */
  readonly memory: number;
  /** Whether the file is to be flushed. */
  readonly sync: boolean;
}

/**
 * Writes and hashes bytes as they come, and begins to flush them with the last one: nearly all that is received
 * is kept. The first ones stay in memory, where they can be read without the disk; what comes behind them goes
 * through two buffers, one of which is written while the other is filled.
 *
 * @throws DicomError `storage-full` or `cannot-write`, or what `chunks` throws; the file is closed then
 */
export async function receive(
  chunks: AsyncIterable<Uint8Array>,
  { path, writer, memory, sync }: ReceiveOptions,
): Promise<Received> {
  const head = takeHeadBuffer();
  const file = new Growing(() => writer.begin(path));
  let size = 0;
  try {
    for await (const chunk of chunks) {
      size += chunk.length;
      if (file.isPastHead || !head.append(chunk)) await file.append(chunk, head);
      else if (size > memory) file.handOver(head);
    }
    if (size <= memory) return inMemory(head);
    const { sha256, flushed } = file.end(head, sync);
    flushed.catch(() => {}); // awaited by whoever keeps it
    const { bytes } = head;
    const source = new StagedSource(path, size, bytes);
    return {
      ...{ size, sha256: await sha256, source, flushed, bytes },
      async [Symbol.asyncDispose]() {
        await flushed.catch(() => {}); // until then the bytes are in use
        await source.close();
        file.release();
        head.release();
      },
    };
  } catch (error) {
    await file.abandon();
    head.release();
    throw error;
  }
}

/** A file that is made when its first bytes are handed over. */
class Growing {
  readonly #begin: () => FileBeingWritten;
  #file: FileBeingWritten | undefined;
  /** Bytes of the head that were handed over. */
  #ofHead = 0;
  #tail: Tail | undefined;

  constructor(begin: () => FileBeingWritten) {
    this.#begin = begin;
  }

  get isPastHead(): boolean {
    return this.#tail !== undefined;
  }

  /** Hands over what is new in the head, if that is enough to be worth it. */
  handOver(head: HeadBuffer, enough = PIECE): void {
    this.#file ??= this.#begin(); // made while the rest is on its way
    const bytes = head.bytes.subarray(this.#ofHead);
    if (bytes.length < enough) return;
    this.#file.push(bytes);
    this.#ofHead += bytes.length;
  }

  /** Bytes behind the head. @throws DicomError `storage-full` or `cannot-write` */
  async append(chunk: Uint8Array, head: HeadBuffer): Promise<void> {
    if (!this.#tail) this.handOver(head, 1);
    this.#tail ??= new Tail(this.#file!);
    await this.#tail.append(chunk);
  }

  end(head: HeadBuffer, sync: boolean): EndOfFile {
    this.#file ??= this.#begin();
    return this.#file.end(this.#tail?.rest ?? head.bytes.subarray(this.#ofHead), sync);
  }

  async abandon(): Promise<void> {
    await this.#file?.abandon().catch(() => {}); // what made it fail is told already
    this.release();
  }

  /** Gives its memory back; nothing may be on its way to the file. */
  release(): void {
    this.#tail?.release();
  }
}

/** What comes behind the head: one buffer is filled while the other is written. */
class Tail {
  readonly #file: FileBeingWritten;
  #filling = takeSharedBuffer();
  #writing = takeSharedBuffer();
  #length = 0;
  #written: Promise<void> = Promise.resolve();

  constructor(file: FileBeingWritten) {
    this.#file = file;
  }

  /** What was not handed over yet. */
  get rest(): Uint8Array {
    return this.#filling.subarray(0, this.#length);
  }

  async append(chunk: Uint8Array): Promise<void> {
    for (let at = 0; at < chunk.length;) {
      const part = chunk.subarray(at, at + this.#filling.length - this.#length);
      this.#filling.set(part, this.#length);
      this.#length += part.length;
      at += part.length;
      if (this.#length === this.#filling.length) await this.#handOver();
    }
  }

  async #handOver(): Promise<void> {
    await this.#written;
    this.#written = this.#file.write(this.#filling);
    this.#written.catch(() => {}); // told by what follows
    [this.#filling, this.#writing, this.#length] = [this.#writing, this.#filling, 0];
  }

  release(): void {
    returnSharedBuffer(this.#filling);
    returnSharedBuffer(this.#writing);
  }
}

/** Writes all of `bytes`. @throws DicomError `storage-full` or `cannot-write` */
export async function writeAll(file: Deno.FsFile, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) {
    at += await file.write(at === 0 ? bytes : bytes.subarray(at)).catch(rethrowWriteError);
  }
}

function inMemory(head: HeadBuffer): Received {
  const { bytes } = head;
  return {
    size: bytes.length,
    sha256: createHash("sha256").update(bytes).digest("hex"),
    source: memorySource(bytes),
    flushed: undefined,
    bytes,
    [Symbol.asyncDispose]: () => Promise.resolve(head.release()),
  };
}

/** Reads from memory what is there, and from the file what is not. */
class StagedSource implements ByteSource {
  readonly size: number;
  readonly #path: string;
  readonly #head: Uint8Array;
  #rest: Promise<OpenFile> | undefined;

  constructor(path: string, size: number, head: Uint8Array) {
    [this.#path, this.size, this.#head] = [path, size, head];
  }

  async read(at: number, length: number): Promise<Uint8Array> {
    if (at < this.#head.length) return this.#head.subarray(at, at + length);
    this.#rest ??= Deno.open(this.#path).then(openSource);
    return await (await this.#rest).read(at, length);
  }

  async close(): Promise<void> {
    await (await this.#rest)?.[Symbol.asyncDispose]();
  }
}
