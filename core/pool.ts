import { nativeCodecsModule } from "./image/codecs/native_module.ts";
import type { ImageWorkers, TaskInput, TaskName, TaskOutput } from "./image/tasks.ts";
import { parcelOf, type TaskAnswer, type TaskRequest } from "./image/worker_messages.ts";
import { DicomError } from "./errors.ts";
import type { Clock } from "./ports.ts";

/** How many workers, and for how long. */
export interface PoolOptions {
  readonly clock: Clock;
  /** Most workers at the same time. */
  readonly workers: number;
  /** Longest time for one task. */
  readonly deadlineMs: number;
  /** A worker that has nothing to do for so long is closed, and its memory given back. */
  readonly idleMs: number;
  /** What the workers run; `image/worker.ts` but in tests. */
  readonly script?: URL;
}

const SCRIPT = new URL(import.meta.resolve("@worker/image"));

/** More frames at the same time would need more memory than an edge server has. */
const MOST_WORKERS = 4;

/** The options of a server with `cores` processors. */
export function poolOptions(clock: Clock, cores: number): PoolOptions {
  const workers = Math.max(1, Math.min(cores, MOST_WORKERS));
  return { clock, workers, deadlineMs: 30_000, idleMs: 20_000 };
}

/** Workers for tasks on images; none is started before the first task. Disposal ends what runs. */
export function createPool(options: PoolOptions): ImageWorkers & AsyncDisposable {
  return new Pool(options);
}

/** A task that waits or runs. */
interface Work {
  readonly request: TaskRequest;
  readonly signal: AbortSignal | undefined;
  readonly outcome: PromiseWithResolvers<unknown>;
}

class Pool implements ImageWorkers {
  readonly #options: PoolOptions;
  readonly #queue: Work[] = [];
  /** Workers that have nothing to do; the one used last is at the end. */
  readonly #idle: ImageWorker[] = [];
  readonly #all = new Set<ImageWorker>();
  #closed = false;

  constructor(options: PoolOptions) {
    this.#options = options;
  }

  async run<Name extends TaskName>(
    name: Name,
    input: TaskInput<Name>,
    signal?: AbortSignal,
  ): Promise<TaskOutput<Name>> {
    if (this.#closed) throw new DicomError("unavailable", "Cannot process frame: the server stops");
    signal?.throwIfAborted();
    const outcome = Promise.withResolvers<unknown>();
    this.#queue.push({ request: { name, input }, signal, outcome });
    this.#next();
    return await outcome.promise as TaskOutput<Name>; // the worker answers with what belongs to the name
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    const stopped = new DicomError("unavailable", "Cannot process frame: the server stops");
    for (const { outcome } of this.#queue.splice(0)) outcome.reject(stopped);
    for (const worker of this.#all) worker.end(stopped);
    await Promise.resolve();
  }

  /** Gives the tasks that wait to workers, as long as there are any of both. */
  #next(): void {
    while (this.#queue.length > 0) {
      const worker = this.#idle.pop() ?? this.#start();
      if (!worker) return;
      const work = this.#queue.shift()!;
      if (work.signal?.aborted) {
        work.outcome.reject(work.signal.reason);
        this.#idle.push(worker);
      } else void this.#serve(worker, work);
    }
  }

  #start(): ImageWorker | undefined {
    if (this.#all.size >= this.#options.workers) return undefined;
    const worker = new ImageWorker(this.#options, () => this.#forget(worker));
    this.#all.add(worker);
    return worker;
  }

  async #serve(worker: ImageWorker, { request, outcome }: Work): Promise<void> {
    try {
      outcome.resolve(await worker.run(request));
    } catch (error) {
      outcome.reject(error);
    }
    if (this.#all.has(worker)) this.#idle.push(worker);
    this.#next();
  }

  #forget(worker: ImageWorker): void {
    this.#all.delete(worker);
    const at = this.#idle.indexOf(worker);
    if (at >= 0) this.#idle.splice(at, 1);
  }
}

/** One worker. It ends when a codec fails in it, for what damaged frames leave behind in its memory is not known. */
class ImageWorker {
  readonly #options: PoolOptions;
  readonly #ended: () => void;
  readonly #worker: Worker;
  readonly #ready: Promise<void>;
  #outcome: PromiseWithResolvers<unknown> | undefined;
  #timer: Disposable | undefined;

  constructor(options: PoolOptions, ended: () => void) {
    this.#options = options;
    this.#ended = ended;
    this.#worker = new Worker(options.script ?? SCRIPT, {
      type: "module",
      deno: { permissions: "none" },
    });
    this.#worker.onmessage = ({ data }) => this.#receive(data);
    this.#worker.onerror = (event) => {
      event.preventDefault();
      this.end(new DicomError("not-enough-memory", "Cannot process frame: its worker failed"));
    };
    this.#ready = nativeCodecsModule().then((module) => this.#worker.postMessage(module));
  }

  /** @throws DicomError as the task; the worker may have ended then */
  async run(request: TaskRequest): Promise<unknown> {
    const outcome = this.#outcome = Promise.withResolvers<unknown>();
    this.#wait(this.#options.deadlineMs, () => this.end(tooLong(this.#options.deadlineMs)));
    const { message: input, transfer } = parcelOf(request.input as object);
    this.#ready.then(
      () => this.#worker.postMessage({ name: request.name, input }, transfer),
      (error) => this.end(error),
    );
    return await outcome.promise;
  }

  /** Ends the worker at once; the task that runs fails with `reason`. */
  end(reason: Error): void {
    this.#timer?.[Symbol.dispose]();
    this.#worker.terminate();
    this.#ended();
    this.#outcome?.reject(reason);
  }

  #receive(answer: TaskAnswer): void {
    if ("failure" in answer) {
      const { code, message, isFinal } = answer.failure;
      const error = new DicomError(code, message);
      if (isFinal) return this.end(error);
      this.#outcome?.reject(error);
    } else this.#outcome?.resolve(answer.output);
    this.#outcome = undefined;
    this.#wait(this.#options.idleMs, () => this.end(new Error("idle")));
  }

  #wait(ms: number, work: () => void): void {
    const { clock } = this.#options;
    this.#timer?.[Symbol.dispose]();
    this.#timer = clock.schedule(clock.now() + ms, work);
  }
}

function tooLong(ms: number): DicomError {
  return new DicomError("timeout", `Cannot process frame: it takes more than ${ms} ms`);
}
