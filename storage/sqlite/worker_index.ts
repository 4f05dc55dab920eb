import { DicomError } from "../../core/errors.ts";
import type { Access } from "./database.ts";
import { type MethodName, METHODS, type StorageIndex } from "./methods.ts";
import type { Answer, Call } from "./protocol.ts";

/** What is to be written later waits at most so long for another write to go along with. */
const LATER_MS = 500;

/** A connection to the index in a worker. */
interface Connection extends AsyncDisposable {
  call(method: MethodName, args: readonly unknown[]): Promise<unknown>;
}

/**
 * Opens the index at `path` with one worker that writes and one that reads.
 *
 * @throws DicomError `database` or `database-version` if it cannot be opened
 */
export async function openWorkerIndex(path: string): Promise<StorageIndex & AsyncDisposable> {
  await using stack = new AsyncDisposableStack();
  const write = stack.use(await connect(path, "read-write"));
  const read = stack.use(await connect(path, "read-only"));
  const connections = { write, later: write, read };
  const methods = Object.fromEntries(
    Object.entries(METHODS).map(([name, kind]) => [
      name,
      (...args: unknown[]) => connections[kind].call(name as MethodName, args),
    ]),
  ) as unknown as StorageIndex; // METHODS satisfies Record<keyof StorageIndex, …>
  const open = stack.move();
  return { ...methods, [Symbol.asyncDispose]: () => open.disposeAsync() };
}

interface Waiting {
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

async function connect(path: string, access: Access): Promise<Connection> {
  const worker = new Worker(new URL("./worker.ts", import.meta.url), {
    type: "module",
    name: `index ${access}`,
  });
  const waiting = new Map<number, Waiting>();
  let queue: Call[] = [];
  let busy = false;
  let nextId = 1;
  let timer: ReturnType<typeof setTimeout> | undefined;

  /** Sends all that is queued. While the writer commits, what comes gathers for its next transaction. */
  function flush(): void {
    if (queue.length === 0 || busy) return;
    clearTimeout(timer);
    timer = undefined;
    busy = access === "read-write";
    worker.postMessage(queue);
    queue = [];
  }

  worker.onmessage = ({ data }: MessageEvent<readonly Answer[]>) => {
    busy = false;
    flush();
    for (const answer of data) {
      const { resolve, reject } = waiting.get(answer.id)!;
      waiting.delete(answer.id);
      if ("failure" in answer) reject(new DicomError(answer.failure.code, answer.failure.message));
      else resolve(answer.value);
    }
  };
  worker.onerror = (event) => {
    event.preventDefault();
    for (const { reject } of waiting.values()) {
      reject(new DicomError("database", `Cannot use the index: ${event.message}`));
    }
    waiting.clear();
  };

  const wait = (id: number) =>
    new Promise((resolve, reject) => void waiting.set(id, { resolve, reject }));

  const opened = wait(0);
  worker.postMessage({ path, access });
  await opened.catch((error) => {
    worker.terminate();
    throw error;
  });
  return {
    call(method, args) {
      const id = nextId++;
      const result = wait(id);
      queue.push({ id, method, args });
      if (METHODS[method] === "later") timer ??= setTimeout(flush, LATER_MS);
      else flush();
      return result;
    },
    async [Symbol.asyncDispose]() {
      flush();
      await Promise.allSettled([...waiting.keys()].map((id) => settled(waiting, id)));
      const closed = wait(0);
      worker.postMessage([]);
      await closed;
      worker.terminate();
    },
  };
}

/** Resolves when the call with this id has its answer, whatever it is. */
function settled(waiting: Map<number, Waiting>, id: number): Promise<void> {
  const { resolve, reject } = waiting.get(id)!;
  return new Promise((done) => {
    waiting.set(id, {
      resolve: (value) => (resolve(value), done()),
      reject: (error) => (reject(error), done()),
    });
  });
}
