import type { OpenFile } from "../../ports.ts";
import type { Scratch, ScratchFile } from "../../ports/scratch.ts";

/** The archives that were made in the background, the last few of them. */
export interface ArchiveShelf {
  create(): Promise<ScratchFile>;
  /** Keeps a file that has been written, and removes the oldest where there are too many. */
  keep(file: ScratchFile): Promise<void>;
  /** Undefined if it is not there any more. */
  open(name: string): Promise<OpenFile | undefined>;
  /** @returns whether it was there */
  remove(name: string): Promise<boolean>;
}

/** Makes an empty shelf for `size` archives (option `MediaArchiveSize`). */
export function createArchiveShelf(scratch: Scratch, size: number): ArchiveShelf {
  const names = new Set<string>();
  const remove = async (name: string) => {
    const wasThere = names.delete(name);
    if (wasThere) await scratch.remove(name);
    return wasThere;
  };
  return {
    create: () => scratch.create(),
    async keep(file) {
      file.keep();
      names.add(file.name);
      for (const oldest of [...names].slice(0, Math.max(0, names.size - size))) {
        await remove(oldest);
      }
    },
    open: (name) => names.has(name) ? scratch.open(name) : Promise.resolve(undefined),
    remove,
  };
}
