import { DicomError } from "../../core/errors.ts";
import { type MethodName, METHODS } from "./methods.ts";
import type { Answer, Call, OpenMessage } from "./protocol.ts";

/** What is to be written later waits at most so long for another write to go along with. */
const LATER_MS = 500;

/** A database in a worker. Disposal lets what was called end; what is called afterwards is refused. */
export interface Connection extends AsyncDisposable {
  /** @throws DicomError as the method does; `database` if the worker is gone */
  call(method: MethodName, args: readonly unknown[]): Promise<unknown>;
}

/**
 * Opens a database in a worker of its own.
 *
 * @param script the worker, which answers as `worker.ts` does
 * @throws DicomError `database` or `database-version` if it cannot be opened
 */
export async function connect(script: URL, opening: OpenMessage): Promise<Connection> {
  const connection = new WorkerConnection(script, opening.access === "read-write");
  await connection.open(opening);
  return connection;
}

class WorkerConnection implements Connection {
  readonly #worker: Worker;
  /** Whether calls gather while others run, to share a transaction. */
  readonly #gathering: boolean;
  readonly #waiting = new Map<number, PromiseWithResolvers<unknown>>();
  #queue: Call[] = [];
  #busy = false;
  #flushing = false;
  #nextId = 1;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** Why nothing can be called any more. */
  #ended: DicomError | undefined;
  #dead = false;

  constructor(script: URL, gathering: boolean) {
    this.#gathering = gathering;
    this.#worker = new Worker(script, { type: "module" });
    this.#worker.onmessage = ({ data }) => this.#receive(data);
    this.#worker.onerror = (event) => {
      event.preventDefault();
      this.#end(`its worker failed: ${event.message}`);
    };
  }

  async open(opening: OpenMessage): Promise<void> {
    const opened = this.#wait(0);
    this.#worker.postMessage(opening);
    await opened.catch((error) => {
      this.#worker.terminate();
      throw error;
    });
  }

  call(method: MethodName, args: readonly unknown[]): Promise<unknown> {
    if (this.#ended) return Promise.reject(this.#ended);
    const id = this.#nextId++;
    const result = this.#wait(id);
    this.#queue.push({ id, method, args });
    if (METHODS[method] === "later") this.#timer ??= setTimeout(() => this.#flush(), LATER_MS);
    else if (!this.#flushing) {
      this.#flushing = true;
      queueMicrotask(() => this.#flush()); // what is called in the same moment goes along
    }
    return result;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#ended) return;
    this.#ended = closedError("it is closed");
    this.#flush();
    await Promise.allSettled([...this.#waiting.values()].map(({ promise }) => promise));
    if (this.#dead) return;
    const closed = this.#wait(0);
    this.#worker.postMessage([]);
    await closed.catch(() => {}); // a worker that fails is closed as well
    this.#worker.terminate();
  }

  /** Sends all that is queued. While the writer commits, what comes gathers for its next transaction. */
  #flush(): void {
    this.#flushing = false;
    if (this.#queue.length === 0 || this.#busy) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#busy = this.#gathering;
    this.#worker.postMessage(this.#queue);
    this.#queue = [];
  }

  #receive(answers: readonly Answer[]): void {
    this.#busy = false;
    this.#flush();
    for (const answer of answers) {
      const { resolve, reject } = this.#waiting.get(answer.id)!;
      this.#waiting.delete(answer.id);
      if ("failure" in answer) reject(new DicomError(answer.failure.code, answer.failure.message));
      else resolve(answer.value);
    }
  }

  #wait(id: number): Promise<unknown> {
    const waiting = Promise.withResolvers<unknown>();
    this.#waiting.set(id, waiting);
    return waiting.promise;
  }

  #end(fact: string): void {
    this.#dead = true;
    this.#ended = closedError(fact);
    clearTimeout(this.#timer);
    this.#queue = [];
    for (const { reject } of this.#waiting.values()) reject(this.#ended);
    this.#waiting.clear();
    this.#worker.terminate();
  }
}

function closedError(fact: string): DicomError {
  return new DicomError("database", `Cannot use the index: ${fact}`);
}
