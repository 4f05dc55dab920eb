import { pipeline, Readable } from "node:stream";
import { createDeflate, createInflate } from "node:zlib";
import { memorySource } from "../core/bytes/source.ts";
import { readRange } from "../core/dicom/decode.ts";
import { DicomError } from "../core/errors.ts";
import type { OpenFile } from "../core/ports.ts";
import { ignoreMissing, rethrowWriteError } from "./failures.ts";
import { openSource } from "./file_source.ts";
import { writeAll } from "./staging.ts";

/** Suffix of the compressed form of a file. */
export const COMPRESSED = ".z";
/** Suffix of a form that is being written; such files mean nothing after the end of the process. */
const PASSING = ".tmp";
/** Bytes in front of the zlib stream: the length before compression, little endian (as Orthanc's). */
const LENGTH_BYTES = 8;
/** The only method of zlib streams. */
const DEFLATE = 8;
/** Up to so many bytes are inflated in memory, more in a file of passage. */
const IN_MEMORY = 16777216;

/** The file of `path` from its compressed form; undefined if there is none. */
export async function openCompressed(path: string): Promise<OpenFile | undefined> {
  const raw = await openIfThere(path + COMPRESSED);
  if (!raw) return undefined;
  await using source = raw;
  const size = await lengthOf(source);
  const bytes = inflate(source, size);
  return size <= IN_MEMORY ? await inMemory(bytes, size) : await inPassingFile(bytes);
}

/** Whether the bytes of a file begin as those of a compressed form do (RFC 1950 Section 2.2), whatever its name. */
export async function looksCompressed(path: string): Promise<boolean> {
  await using file = openSource(await Deno.open(path));
  const [method, flags] = await file.read(LENGTH_BYTES, 2);
  if (method === undefined || flags === undefined) return false;
  return (method & 0x0f) === DEFLATE && (method * 256 + flags) % 31 === 0;
}

/** The compressed form itself; undefined if there is none. */
export function openCompressedRaw(path: string): Promise<OpenFile | undefined> {
  return openIfThere(path + COMPRESSED);
}

/** Writes the compressed form of a file durably. @throws DicomError `storage-full` or `cannot-write` */
export async function writeCompressed(path: string, file: OpenFile, sync: boolean): Promise<void> {
  await writeForm(path + COMPRESSED, deflated(file), sync);
}

/** Writes the plain form of a file durably. @throws as `writeCompressed()` */
export async function writePlain(path: string, file: OpenFile, sync: boolean): Promise<void> {
  await writeForm(path, readRange(file, 0, file.size), sync);
}

/** @throws DicomError `corrupted-file` if it is too short to have one, or says nonsense */
async function lengthOf(raw: OpenFile): Promise<number> {
  const head = (await raw.read(0, LENGTH_BYTES)).slice(); // a view of its own, whatever it was part of
  const length = head.length === LENGTH_BYTES
    ? Number(new DataView(head.buffer).getBigUint64(0, true))
    : NaN;
  if (Number.isSafeInteger(length)) return length;
  throw new DicomError("corrupted-file", "Cannot read compressed file: it has no length");
}

/** Exactly `size` bytes. @throws DicomError `corrupted-file` */
async function* inflate(raw: OpenFile, size: number): AsyncGenerator<Uint8Array> {
  let count = 0;
  try {
    for await (const chunk of transformed(raw, LENGTH_BYTES, createInflate())) {
      count += chunk.length;
      if (count > size) break;
      yield chunk;
    }
  } catch (cause) {
    const fact = "its compression is damaged";
    throw new DicomError("corrupted-file", `Cannot read compressed file: ${fact}`, { cause });
  }
  if (count === size) return;
  throw new DicomError("corrupted-file", "Cannot read compressed file: its length is wrong");
}

async function* deflated(file: OpenFile): AsyncGenerator<Uint8Array> {
  const length = new Uint8Array(LENGTH_BYTES);
  new DataView(length.buffer).setBigUint64(0, BigInt(file.size), true);
  yield length;
  yield* transformed(file, 0, createDeflate());
}

/** What comes out of `transform` for the bytes from `at` on; a failure of either reaches the reader. */
function transformed(
  file: OpenFile,
  at: number,
  transform: ReturnType<typeof createDeflate> | ReturnType<typeof createInflate>,
): AsyncIterable<Uint8Array> {
  const input = Readable.from(readRange(file, at, file.size - at));
  return pipeline(input, transform, () => {});
}

async function inMemory(bytes: AsyncIterable<Uint8Array>, size: number): Promise<OpenFile> {
  const whole = new Uint8Array(size);
  let at = 0;
  for await (const chunk of bytes) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return { ...memorySource(whole), [Symbol.asyncDispose]: () => Promise.resolve() };
}

/** In a file without a name, which the system removes when it is closed. */
async function inPassingFile(bytes: AsyncIterable<Uint8Array>): Promise<OpenFile> {
  const path = await Deno.makeTempFile().catch(rethrowWriteError);
  const file = await Deno.open(path, { read: true, write: true });
  try {
    await Deno.remove(path);
    for await (const chunk of bytes) await writeAll(file, chunk);
    await file.seek(0, Deno.SeekMode.Start);
    return openSource(file);
  } catch (error) {
    file.close();
    throw error;
  }
}

async function writeForm(
  path: string,
  bytes: AsyncIterable<Uint8Array>,
  sync: boolean,
): Promise<void> {
  const passing = `${path}.${crypto.randomUUID()}${PASSING}`;
  try {
    using file = await Deno.open(passing, { createNew: true, write: true })
      .catch(rethrowWriteError);
    for await (const chunk of bytes) await writeAll(file, chunk);
    if (sync) await file.syncData().catch(rethrowWriteError);
    await Deno.rename(passing, path).catch(rethrowWriteError);
  } catch (error) {
    await Deno.remove(passing).catch(ignoreMissing);
    throw error;
  }
}

async function openIfThere(path: string): Promise<OpenFile | undefined> {
  try {
    return openSource(await Deno.open(path));
  } catch (error) {
    ignoreMissing(error);
  }
}
