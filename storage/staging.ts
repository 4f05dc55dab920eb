import { createHash, type Hash } from "node:crypto";
import { sha256OfBytes } from "../core/bytes/digest.ts";
import { type ByteSource, memorySource } from "../core/bytes/source.ts";
import { rethrowWriteError } from "./failures.ts";
import { fileSource } from "./file_source.ts";
import { takeHeadBuffer } from "./head_buffer.ts";

/** What was received, before anybody has decided to keep it. */
export interface Received extends Disposable {
  readonly size: number;
  readonly sha256: string;
  readonly source: ByteSource;
  /** The file that holds it; undefined for one that fits into memory and has not been written. */
  readonly file: Deno.FsFile | undefined;
  /** All of it, if it has not been written. Not to be used after disposal, unless copied. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** How to receive. */
export interface ReceiveOptions {
  /** Makes the file, which is new; called once, when the bytes become more than `memory`. */
  readonly create: () => Promise<Deno.FsFile>;
  /** Up to so many bytes stay in memory. */
  readonly memory: number;
}

/**
 * Hashes and writes bytes as they come. What fits into the head buffer is gathered there and written at once,
 * hashed by another thread meanwhile, so that most files take one write and can be read without the disk; the
 * rest is written chunk by chunk.
 *
 * @throws DicomError `storage-full` or `cannot-write`; the file is closed then
 */
export async function receive(
  chunks: AsyncIterable<Uint8Array>,
  { create, memory }: ReceiveOptions,
): Promise<Received> {
  const head = takeHeadBuffer();
  let creating: Promise<Deno.FsFile> | undefined;
  const begin = () => {
    creating ??= create().catch(rethrowWriteError);
    creating.catch(() => {}); // awaited below; until then a failure is nobody's
    return creating;
  };
  let hash: Hash | undefined;
  let size = 0;
  try {
    for await (const chunk of chunks) {
      size += chunk.length;
      if (!hash && head.append(chunk)) {
        if (size > memory) begin(); // opened while the rest is still on its way
        continue;
      }
      const file = await begin();
      if (!hash) {
        hash = createHash("sha256").update(head.bytes);
        await writeAll(file, head.bytes);
      }
      hash.update(chunk);
      await writeAll(file, chunk);
    }
    const file = size > memory ? await begin() : undefined;
    const [sha256] = hash
      ? [hash.digest("hex")]
      : await Promise.all([sha256OfBytes(head.bytes), file && writeAll(file, head.bytes)]);
    const source = file ? stagedSource(file, size, head.bytes) : memorySource(head.bytes);
    return {
      size,
      sha256,
      source,
      file,
      bytes: head.bytes,
      [Symbol.dispose]() {
        head.release();
        file?.close();
      },
    };
  } catch (error) {
    head.release();
    await creating?.then((file) => file.close(), () => {});
    throw error;
  }
}

/** Writes all of `bytes`. @throws DicomError `storage-full` or `cannot-write` */
export async function writeAll(file: Deno.FsFile, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) {
    at += await file.write(at === 0 ? bytes : bytes.subarray(at)).catch(rethrowWriteError);
  }
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
