import { DicomError } from "../../core/errors.ts";
import type { Clock } from "../../core/ports.ts";
import type { Answer, Request } from "./protocol.ts";
import type { EndOfFile, FileBeingWritten, FileWriter, Renaming } from "./writer.ts";

/** A thread that has had nothing to do for so long is ended, and its memory given back. */
const IDLE_MS = 30_000;
/** Names of so many milliseconds are given together. */
const GATHER_MS = 20;
const SCRIPT = new URL(import.meta.resolve("@worker/files"));

/** What writing on another thread needs. */
export interface WorkerWriterOptions {
  readonly clock: Clock;
  /** The folder in which files are made; the thread may read and write there, and do nothing else. */
  readonly root: string;
}

/**
 * Writes on a thread of its own, which runs while it is needed. Bytes of shared memory go there without a copy.
 * Disposal waits for what was handed over.
 */
export function createWorkerWriter(options: WorkerWriterOptions): FileWriter {
  return new WorkerWriter(options);
}

class WorkerWriter implements FileWriter {
  readonly #clock: Clock;
  readonly #root: string;
  #thread: Thread | undefined;
  #idle: Disposable | undefined;
  #naming: { readonly files: Renaming[]; readonly done: PromiseWithResolvers<void> } | undefined;

  constructor({ clock, root }: WorkerWriterOptions) {
    [this.#clock, this.#root] = [clock, root];
  }

  begin(path: string): FileBeingWritten {
    return new RemoteFile(this.#running(), path, () => this.#rest());
  }

  rename(names: Renaming): Promise<void> {
    if (!this.#naming) {
      this.#naming = { files: [], done: Promise.withResolvers() };
      this.#clock.schedule(this.#clock.now() + GATHER_MS, () => this.#renameAll());
    }
    this.#naming.files.push(names);
    return this.#naming.done.promise;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#renameAll();
    await this.#thread?.settled();
    this.#idle?.[Symbol.dispose]();
    this.#thread?.end("it is closed");
  }

  #renameAll(): void {
    if (!this.#naming) return;
    const { files, done } = this.#naming;
    this.#naming = undefined;
    const thread = this.#running();
    thread.ask((id) => ({ call: "rename", files, id })).then(() => done.resolve(), done.reject);
    done.promise.catch(() => {}).then(() => this.#rest());
  }

  #running(): Thread {
    this.#idle?.[Symbol.dispose]();
    this.#thread ??= new Thread(this.#root, () => this.#thread = undefined);
    return this.#thread;
  }

  /** Ends the thread after a while, unless it has something to do. */
  #rest(): void {
    if (!this.#thread || this.#thread.isBusy) return;
    this.#idle?.[Symbol.dispose]();
    const work = () => this.#thread?.end("it was idle");
    this.#idle = this.#clock.schedule(this.#clock.now() + IDLE_MS, work);
  }
}

/** A worker, and what it was asked for. */
class Thread {
  readonly #worker: Worker;
  readonly #ended: () => void;
  readonly #waiting = new Map<number, PromiseWithResolvers<string | undefined>>();
  #files = 0;
  #lastId = 0;
  /** Why it does nothing any more. */
  #failure: DicomError | undefined;

  constructor(root: string, ended: () => void) {
    this.#ended = ended;
    this.#worker = new Worker(SCRIPT, {
      type: "module",
      deno: { permissions: { read: [root], write: [root], net: false, env: false, sys: false } },
    });
    this.#worker.onmessage = ({ data }: MessageEvent<Answer>) => this.#receive(data);
    this.#worker.onerror = (event) => {
      event.preventDefault();
      this.end(`its thread failed: ${event.message}`);
    };
  }

  get isBusy(): boolean {
    return this.#files > 0 || this.#waiting.size > 0;
  }

  /** Number of a new file; `closeFile()` follows. */
  openFile(): number {
    this.#files++;
    return ++this.#lastId;
  }

  closeFile(): void {
    this.#files--;
  }

  post(request: Request): void {
    if (!this.#failure) this.#worker.postMessage(request);
  }

  /** A number, and what the answer with it will say. */
  expect(): { readonly id: number; readonly answer: Promise<string | undefined> } {
    const id = ++this.#lastId;
    const waiting = Promise.withResolvers<string | undefined>();
    if (this.#failure) waiting.reject(this.#failure);
    else this.#waiting.set(id, waiting);
    return { id, answer: waiting.promise };
  }

  /** Sends what `make` returns for a number, and waits for the answer with it. */
  ask(make: (id: number) => Request): Promise<string | undefined> {
    const { id, answer } = this.expect();
    this.post(make(id));
    return answer;
  }

  async settled(): Promise<void> {
    await Promise.allSettled([...this.#waiting.values()].map(({ promise }) => promise));
  }

  end(fact: string): void {
    this.#failure = new DicomError("cannot-write", `Cannot store instance: ${fact}`);
    this.#worker.terminate();
    for (const { reject } of this.#waiting.values()) reject(this.#failure);
    this.#waiting.clear();
    this.#ended();
  }

  #receive(answer: Answer): void {
    const waiting = this.#waiting.get(answer.id);
    this.#waiting.delete(answer.id);
    if ("failure" in answer) {
      waiting?.reject(new DicomError(answer.failure.code, answer.failure.message));
    } else waiting?.resolve(answer.value);
  }
}

class RemoteFile implements FileBeingWritten {
  readonly #thread: Thread;
  readonly #file: number;
  readonly #closed: () => void;
  #isOpen = true;

  constructor(thread: Thread, path: string, closed: () => void) {
    this.#thread = thread;
    this.#closed = closed;
    this.#file = thread.openFile();
    thread.post({ call: "begin", file: this.#file, path });
  }

  push(bytes: Uint8Array): void {
    this.#thread.post({ call: "push", file: this.#file, bytes });
  }

  async write(bytes: Uint8Array): Promise<void> {
    await this.#thread.ask((id) => ({ call: "write", file: this.#file, bytes, id }));
  }

  end(bytes: Uint8Array, sync: boolean): EndOfFile {
    const [hash, flush] = [this.#thread.expect(), this.#thread.expect()];
    const ids = { id: hash.id, flushId: flush.id };
    this.#thread.post({ call: "end", file: this.#file, bytes, sync, ...ids });
    this.#closeAfter(Promise.allSettled([hash.answer, flush.answer]));
    return {
      sha256: hash.answer.then((sha256) => sha256!), // an end is answered by the digest
      flushed: flush.answer.then(() => {}),
    };
  }

  async abandon(): Promise<void> {
    if (!this.#isOpen) return;
    const answer = this.#thread.ask((id) => ({ call: "abandon", file: this.#file, id }));
    this.#closeAfter(answer.catch(() => {}));
    await answer;
  }

  #closeAfter(work: Promise<unknown>): void {
    this.#isOpen = false;
    work.then(() => {
      this.#thread.closeFile();
      this.#closed();
    });
  }
}
