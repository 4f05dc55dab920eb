import { concurrently } from "../core/archive/concurrently.ts";
import { LOSS_WINDOW_MS } from "../core/relay/ack.ts";
import { ignoreMissing } from "./failures.ts";
import type { FilePath } from "./paths.ts";

/** Files that are flushed at a time. */
const CONCURRENCY = 8;

/** Makes files durable in groups, some time after they were answered for (`Relay.Ack`: buffered). */
export interface GroupFlush extends AsyncDisposable {
  /** Resolves when the file at `path`, and all that the index was told by now, is durable. */
  add(path?: FilePath): Promise<void>;
}

/** What flushing needs. */
export interface GroupFlushOptions {
  readonly syncDirectory: (path: string) => Promise<void>;
  /** The log of the index, to which it has written what it was told. */
  readonly indexLog: string;
}

/** Makes the one who flushes; disposal flushes what is left. */
export function createGroupFlush({ syncDirectory, indexLog }: GroupFlushOptions): GroupFlush {
  let waiting: (FilePath | undefined)[] = [];
  let next = Promise.withResolvers<void>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let running: Promise<void> = Promise.resolve();

  async function flushAll(paths: readonly (FilePath | undefined)[]): Promise<void> {
    const files = paths.filter((path) => path !== undefined);
    await concurrently(each(files), CONCURRENCY, flushFile);
    await Promise.all([...new Set(files.map(({ directory }) => directory))].map(syncDirectory));
    await flushPath(indexLog); // last, so that no row is durable without its file
  }

  function flush(): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    const [paths, group] = [waiting, next];
    waiting = [];
    next = Promise.withResolvers();
    running = running.then(() => flushAll(paths)).then(group.resolve, group.reject);
    return running;
  }

  return {
    add(path) {
      waiting.push(path);
      timer ??= setTimeout(flush, LOSS_WINDOW_MS.buffered);
      return next.promise;
    },
    async [Symbol.asyncDispose]() {
      if (timer !== undefined) await flush();
      await running;
    },
  };
}

async function* each<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items;
}

/** Under either of its names: it may get its final one meanwhile. */
async function flushFile({ staged, final }: FilePath): Promise<void> {
  if (!await flushPath(staged)) await flushPath(final);
}

/** @returns whether it is there */
async function flushPath(path: string): Promise<boolean> {
  try {
    using file = await Deno.open(path);
    await file.syncData();
    return true;
  } catch (error) {
    ignoreMissing(error);
    return false;
  }
}
