import type { FileStore, Index, Removal, ResourceRef } from "../ports.ts";

/** Makes the one way of removing resources: first the rows, then the files, then the mark of the files. */
export function createRemove({ index, files }: { index: Index; files: FileStore }) {
  /** @returns undefined if the resource is not there */
  return async (ref: ResourceRef): Promise<Removal | undefined> => {
    const removal = await index.remove(ref);
    if (!removal) return undefined;
    await files.remove(removal.files);
    await index.forgetFiles(removal.files);
    return removal;
  };
}
