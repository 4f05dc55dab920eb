import type { FileStore, Index, Log, Removal, ResourceRef } from "../ports.ts";

/** What removing needs. */
export interface RemovePorts {
  readonly index: Pick<Index, "remove" | "forgetFiles">;
  readonly files: Pick<FileStore, "remove">;
  readonly log: Log;
}

/** Makes the one way of removing resources: first the rows, then the files, then the mark of the files. */
export function createRemove(ports: RemovePorts) {
  /** @returns undefined if the resource is not there */
  return async (ref: ResourceRef): Promise<Removal | undefined> => {
    const removal = await ports.index.remove(ref);
    if (removal) await removeObsolete(ports, removal.files);
    return removal;
  };
}

/**
 * Removes files whose rows are gone. What cannot be removed now keeps its mark and goes at the next start, so a
 * failure is no failure of what was asked for.
 */
export async function removeObsolete(
  { index, files, log }: Pick<RemovePorts, "files" | "log"> & {
    readonly index: Pick<Index, "forgetFiles">;
  },
  uuids: readonly string[],
): Promise<void> {
  try {
    await files.remove(uuids);
    await index.forgetFiles(uuids);
  } catch (error) {
    log("error", "cannot remove files yet", { files: uuids.length, error: String(error) });
  }
}
