import { walk } from "./walk.ts";

/** How much there is to import. */
export interface Totals extends AsyncDisposable {
  /** Undefined until all has been counted. */
  readonly result: { readonly files: number; readonly bytes: number } | undefined;
}

/** Begins to count what is below `paths`; disposal ends it. */
export function countTotals(paths: readonly string[]): Totals {
  let result: Totals["result"];
  let isStopped = false;
  const count = async () => {
    let files = 0;
    let bytes = 0;
    const other = () => void files++;
    for await (const path of walk(paths, { unreadable: other, skipped: other })) {
      if (isStopped) return;
      files++;
      bytes += await Deno.stat(path).then(({ size }) => size, () => 0);
    }
    result = { files, bytes };
  };
  const counting = count();
  return {
    get result() {
      return result;
    },
    async [Symbol.asyncDispose]() {
      isStopped = true;
      await counting;
    },
  };
}
