import type { FolderJournal } from "./folder.ts";
import { syncDirectory } from "./directory_sync.ts";

/** After so many files the next folder is begun. */
const FILES_PER_FOLDER = 256;

/** A name for a new file in the folder of the moment. */
export interface Lease {
  readonly uuid: string;
  /** To be called when the file has its row and its final name, or is gone. */
  release(): Promise<void>;
}

/** Where new files go. */
export interface Folders {
  lease(): Promise<Lease>;
}

/** A folder in which files are being written. */
interface Folder {
  /** `ab/cd`. */
  readonly name: string;
  readonly ready: Promise<void>;
  leases: number;
  given: number;
}

/**
 * Gives out names for new files: random UUIDs (version 4) of which those of a moment begin alike, so that
 * they share a folder. The journal knows a folder before its first file and until its last one has a row.
 */
export function createFolders(
  root: string,
  journal: Pick<FolderJournal, "openFolder" | "closeFolder">,
  sync: boolean,
): Folders {
  const open = new Set<string>();
  let current: Folder | undefined;

  function begin(): Folder {
    let name: string;
    do name = crypto.randomUUID().replace(/^(..)(..).*$/, "$1/$2"); while (open.has(name));
    open.add(name);
    return { name, ready: prepare(name), leases: 0, given: 0 };
  }

  async function prepare(name: string): Promise<void> {
    await journal.openFolder(name);
    const top = name.slice(0, 2);
    await Deno.mkdir(`${root}/${name}`, { recursive: true });
    if (!sync) return;
    await syncDirectory(root);
    await syncDirectory(`${root}/${top}`);
  }

  return {
    async lease(): Promise<Lease> {
      if (!current || current.given >= FILES_PER_FOLDER) current = begin();
      const folder = current;
      folder.leases++;
      folder.given++;
      try {
        await folder.ready;
      } catch (error) {
        folder.leases--;
        if (current === folder) current = undefined;
        throw error;
      }
      const [first, second] = folder.name.split("/");
      return {
        uuid: `${first}${second}${crypto.randomUUID().slice(4)}`,
        async release() {
          folder.leases--;
          if (folder.leases > 0 || folder.given < FILES_PER_FOLDER) return;
          if (sync) await syncDirectory(`${root}/${folder.name}`); // the final names
          open.delete(folder.name);
          await journal.closeFolder(folder.name);
        },
      };
    },
  };
}
