import type { FileStore, OpenFile } from "../../core/ports.ts";
import type { TestApp } from "./app.ts";

/** Turns of the event loop in which nothing must be in hand: what follows from the last thing begins at once. */
const IDLE_TURNS = 8;

/** Files, with how much of what they were asked for is not done. */
export interface WatchedFiles<Files> {
  readonly files: Files;
  readonly pending: () => number;
}

/** Counts what files are asked for. */
export function watchFiles<Files extends FileStore>(files: Files): WatchedFiles<Files> {
  let pending = 0;
  const counted = async <T>(work: Promise<T>): Promise<T> => {
    pending++;
    try {
      return await work;
    } finally {
      pending--;
    }
  };
  const watched = (file: OpenFile): OpenFile => ({
    size: file.size,
    read: (at, length) => counted(Promise.resolve(file.read(at, length))),
    [Symbol.asyncDispose]: () => file[Symbol.asyncDispose](),
  });
  return {
    pending: () => pending,
    files: {
      ...files,
      stage: (bytes) => counted(files.stage(bytes)),
      open: async (uuid) => watched(await counted(files.open(uuid))),
      remove: (uuids) => counted(files.remove(uuids)),
      settle: (uuid) => counted(files.settle(uuid)),
    },
  };
}

/** Resolves when a server does nothing but wait for its clock, or for receivers that do not answer. */
export async function quiet(server: Pick<TestApp, "isBusy">): Promise<void> {
  for (let idle = 0; idle < IDLE_TURNS; idle = server.isBusy() ? 0 : idle + 1) {
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

/** Lets `ms` pass on the clock of a server, and all that follows from it be done. */
export async function pass(server: Pick<TestApp, "isBusy" | "clock">, ms: number): Promise<void> {
  await quiet(server);
  await server.clock.advance(ms);
  await quiet(server);
}
