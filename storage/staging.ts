import { createHash, type Hash } from "node:crypto";
import { sha256OfBytes } from "../core/bytes/digest.ts";
import { type ByteSource, memorySource } from "../core/bytes/source.ts";
import { rethrowWriteError } from "./failures.ts";
import { fileSource } from "./file_source.ts";
import { type HeadBuffer, takeHeadBuffer } from "./head_buffer.ts";

/** Bytes that are worth a write of their own while the rest is on its way. */
const PIECE = 262144;

/** What was received, before anybody has decided to keep it. */
export interface Received extends AsyncDisposable {
  readonly size: number;
  readonly sha256: string;
  readonly source: ByteSource;
  /** Resolves when the file is durable, but for its name; undefined for what is in memory alone. */
  readonly flushed: Promise<void> | undefined;
  /** All of it, if it is in memory alone. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** How to receive. */
export interface ReceiveOptions {
  /** Makes the file, which is new; called once, when the bytes become more than `memory`. */
  readonly create: () => Promise<Deno.FsFile>;
  /** Up to so many bytes stay in memory. */
  readonly memory: number;
  /** Whether the file is to be flushed. */
  readonly sync: boolean;
}

/**
 * Hashes and writes bytes as they come, and begins to flush them with the last one: nearly all that is received
 * is kept. What fits into the head buffer is gathered there, so that most files take few writes, are hashed by
 * another thread, and can be read without the disk; the rest is written chunk by chunk.
 *
 * @throws DicomError `storage-full` or `cannot-write`, or what `chunks` throws; the file is closed then
 */
export async function receive(
  chunks: AsyncIterable<Uint8Array>,
  { create, memory, sync }: ReceiveOptions,
): Promise<Received> {
  const head = takeHeadBuffer();
  const writer = new Writer(create);
  let hash: Hash | undefined;
  let size = 0;
  try {
    for await (const chunk of chunks) {
      size += chunk.length;
      if (!hash && head.append(chunk)) {
        if (size > memory) writer.writeHead(head, PIECE);
        continue;
      }
      hash ??= createHash("sha256").update(head.bytes);
      hash.update(chunk);
      writer.writeHead(head, 1);
      await writer.write(chunk);
    }
    if (size <= memory) return inMemory(head);
    writer.writeHead(head, 1);
    const file = await writer.file();
    const flushed = writer.written().then(() => sync ? flush(file) : undefined);
    flushed.catch(() => {}); // awaited by whoever keeps it
    const sha256 = hash ? hash.digest("hex") : await sha256OfBytes(head.bytes);
    await writer.written();
    const source = stagedSource(file, size, head.bytes);
    return { size, sha256, source, flushed, bytes: head.bytes, ...release(head, file, flushed) };
  } catch (error) {
    await writer.close();
    head.release();
    throw error;
  }
}

/** Writes to a file that is made when the first byte is to be written; one write after the other. */
class Writer {
  readonly #create: () => Promise<Deno.FsFile>;
  #file: Promise<Deno.FsFile> | undefined;
  #last: Promise<void> = Promise.resolve();
  /** Bytes of the head that were handed over. */
  #ofHead = 0;

  constructor(create: () => Promise<Deno.FsFile>) {
    this.#create = create;
  }

  file(): Promise<Deno.FsFile> {
    return this.#file ??= this.#create().catch(rethrowWriteError);
  }

  /** Resolves when all that was handed over is written. @throws DicomError `storage-full` or `cannot-write` */
  written(): Promise<void> {
    return this.#last;
  }

  /** Hands over what is new in the head, if it is `enough` bytes. The head must stay as it is until it is written. */
  writeHead(head: HeadBuffer, enough: number): void {
    const bytes = head.bytes.subarray(this.#ofHead);
    if (bytes.length >= enough) this.write(bytes).catch(() => {}); // who waits for the last write is told
    else this.file().catch(() => {}); // made while the rest is on its way
    if (bytes.length >= enough) this.#ofHead += bytes.length;
  }

  write(bytes: Uint8Array): Promise<void> {
    return this.#last = Promise.all([this.file(), this.#last])
      .then(([file]) => writeAll(file, bytes));
  }

  async close(): Promise<void> {
    await this.#last.catch(() => {});
    await this.#file?.then((file) => file.close(), () => {});
  }
}

/** Writes all of `bytes`. @throws DicomError `storage-full` or `cannot-write` */
export async function writeAll(file: Deno.FsFile, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) {
    at += await file.write(at === 0 ? bytes : bytes.subarray(at)).catch(rethrowWriteError);
  }
}

async function flush(file: Deno.FsFile): Promise<void> {
  await file.syncData().catch(rethrowWriteError);
}

async function inMemory(head: HeadBuffer): Promise<Received> {
  const { bytes } = head;
  return {
    size: bytes.length,
    sha256: await sha256OfBytes(bytes),
    source: memorySource(bytes),
    flushed: undefined,
    bytes,
    [Symbol.asyncDispose]: () => Promise.resolve(head.release()),
  };
}

function release(head: HeadBuffer, file: Deno.FsFile, flushed: Promise<void>): AsyncDisposable {
  return {
    async [Symbol.asyncDispose]() {
      await flushed.catch(() => {}); // it uses the file
      head.release();
      file.close();
    },
  };
}

/** Reads from memory what is there, and from the file what is not. */
function stagedSource(file: Deno.FsFile, size: number, head: Uint8Array): ByteSource {
  const rest = fileSource(file, size);
  return {
    size,
    read: (at, length) =>
      at < head.length ? Promise.resolve(head.subarray(at, at + length)) : rest.read(at, length),
  };
}
