import { openWorkerIndex } from "../../storage/sqlite/worker_index.ts";
import { openLocalIndex } from "../support/index.ts";
import { indexContract, type IndexPlace } from "./index_contract.ts";

/** A file in a folder of its own, opened by `open`. */
function fileIn(open: (path: string) => ReturnType<IndexPlace["open"]>) {
  return async (): Promise<IndexPlace> => {
    const folder = await Deno.makeTempDir();
    return {
      open: () => open(`${folder}/index.sqlite`),
      [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }),
    };
  };
}

indexContract("index in SQLite", fileIn((path) => Promise.resolve(openLocalIndex(path))));
indexContract("index in SQLite behind workers", fileIn(openWorkerIndex));
