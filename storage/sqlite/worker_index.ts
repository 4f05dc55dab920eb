import { connect } from "./connection.ts";
import { createReader } from "./reader.ts";
import { type MethodName, METHODS, type StorageIndex } from "./methods.ts";

/**
 * Opens the index at `path` with one worker that writes and, when it is needed, one that reads.
 *
 * @param flushed whether every commit is durable when its promise resolves; otherwise its log is to be flushed by others
 * @throws DicomError `database` or `database-version` if it cannot be opened
 */
export async function openWorkerIndex(
  path: string,
  { flushed = true }: { readonly flushed?: boolean } = {},
): Promise<StorageIndex & AsyncDisposable> {
  await using stack = new AsyncDisposableStack();
  const script = new URL(import.meta.resolve("@worker/index"));
  const write = stack.use(await connect(script, { path, access: "read-write", flushed }));
  const read = stack.use(createReader(write, () => connect(script, { path, access: "read-only" })));
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
