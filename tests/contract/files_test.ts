import { systemClock } from "../../core/clock.ts";
import { openFolder } from "../../storage/folder.ts";
import { createWorkerWriter } from "../../storage/writing/worker_writer.ts";
import { openLocalIndex } from "../support/index.ts";
import { filesContract, type FilesPlace } from "./files_contract.ts";

/** A folder of its own; no file has a row. */
function folder(
  sync: boolean,
  { small, inWorker = false }: { small?: number; inWorker?: boolean } = {},
) {
  return async (): Promise<FilesPlace> => {
    const root = await Deno.makeTempDir();
    const journal = openLocalIndex();
    return {
      open: () =>
        openFolder({
          ...{ root, journal, sync },
          ...(small !== undefined && { small }),
          ...(inWorker && { writer: createWorkerWriter({ clock: systemClock, root }) }),
        }),
      async [Symbol.asyncDispose]() {
        await journal[Symbol.asyncDispose]();
        await Deno.remove(root, { recursive: true });
      },
    };
  };
}

filesContract("files in a folder", folder(true));
filesContract("files in a folder, small ones too", folder(true, { small: 0 }));
filesContract("files in a folder without flushes", folder(false, { small: 0 }));
filesContract("files in a folder, written by a worker", folder(true, { small: 0, inWorker: true }));
