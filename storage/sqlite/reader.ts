import type { Connection } from "./connection.ts";

/** After a read that took longer, for itself or waiting for others, reads have a worker of their own. */
const SLOW_MS = 20;

/**
 * Reads over the worker that writes as long as that is quick, afterwards over one of its own: that takes some 15 MB,
 * which a server that has little to do can save.
 */
export function createReader(writer: Connection, open: () => Promise<Connection>): Connection {
  let own: Promise<Connection> | undefined;

  function start(): Promise<Connection> {
    own ??= open();
    own.catch(() => own = undefined); // the next read tries again
    return own;
  }

  return {
    async call(method, args) {
      if (own) return await (await own).call(method, args);
      const started = performance.now();
      const result = await writer.call(method, args);
      if (performance.now() - started > SLOW_MS) start().catch(() => {});
      return result;
    },
    async [Symbol.asyncDispose]() {
      const reader = await own?.catch(() => undefined);
      await reader?.[Symbol.asyncDispose]();
    },
  };
}
