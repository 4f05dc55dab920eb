import { openFolder } from "../../storage/folder.ts";
import { openLocalIndex } from "../support/index.ts";
import { filesContract, type FilesPlace } from "./files_contract.ts";

/** A folder of its own; no file has a row. */
function folder(sync: boolean, small?: number) {
  return async (): Promise<FilesPlace> => {
    const root = await Deno.makeTempDir();
    const journal = openLocalIndex();
    return {
      open: () => openFolder({ root, journal, sync, ...(small !== undefined && { small }) }),
      async [Symbol.asyncDispose]() {
        await journal[Symbol.asyncDispose]();
        await Deno.remove(root, { recursive: true });
      },
    };
  };
}

filesContract("files in a folder", folder(true));
filesContract("files in a folder, small ones too", folder(true, 0));
filesContract("files in a folder without flushes", folder(false, 0));
