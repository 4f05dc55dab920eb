import { createHash } from "node:crypto";
import { rethrowWriteError } from "../failures.ts";
import type { EndOfFile, FileBeingWritten, FileWriter } from "./writer.ts";

/**
 * Writes on the thread that calls. Calls to the system that end with the page cache are made at once: they copy
 * nothing, where asynchronous ones copy all that is written; flushes leave the thread.
 */
export function createLocalWriter(): FileWriter {
  return {
    begin: (path) => new LocalFile(path),
    // deno-lint-ignore require-await -- what it throws is a rejection
    rename: async ({ from, to }) => rename(from, to),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

function rename(from: string, to: string): void {
  try {
    Deno.renameSync(from, to);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) rethrowWriteError(error);
  }
}

class LocalFile implements FileBeingWritten {
  readonly #hash = createHash("sha256");
  #file: Deno.FsFile | undefined;
  /** Why nothing can be written any more. */
  #failure: unknown;

  constructor(path: string) {
    this.#attempt(() => this.#file = Deno.openSync(path, { createNew: true, write: true }));
  }

  push(bytes: Uint8Array): void {
    this.#write(bytes);
    this.#hash.update(bytes);
  }

  write(bytes: Uint8Array): Promise<void> {
    this.push(bytes);
    return this.#failure ? Promise.reject(this.#failure) : Promise.resolve();
  }

  end(bytes: Uint8Array, sync: boolean): EndOfFile {
    this.#write(bytes);
    const flushed = this.#flush(sync).finally(() => this.abandon());
    if (this.#failure) return { sha256: Promise.reject(this.#failure), flushed };
    const sha256 = this.#hash.update(bytes).digest("hex"); // while the system flushes
    return { sha256: Promise.resolve(sha256), flushed };
  }

  abandon(): Promise<void> {
    this.#file?.close();
    this.#file = undefined;
    return Promise.resolve();
  }

  async #flush(sync: boolean): Promise<void> {
    if (this.#failure) throw this.#failure;
    if (sync) await this.#file?.syncData().catch(rethrowWriteError);
  }

  #write(bytes: Uint8Array): void {
    this.#attempt(() => {
      for (let at = 0; at < bytes.length;) at += this.#file!.writeSync(bytes.subarray(at));
    });
  }

  /** Does nothing after a failure. */
  #attempt(work: () => void): void {
    if (this.#failure) return;
    try {
      work();
    } catch (error) {
      try {
        rethrowWriteError(error);
      } catch (failure) {
        this.#failure = failure;
      }
    }
  }
}
