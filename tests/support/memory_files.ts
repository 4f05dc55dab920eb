import { memorySource } from "../../core/bytes/source.ts";
import { DicomError } from "../../core/errors.ts";
import type { FileStore, OpenFile } from "../../core/ports.ts";

/** Files of an archive in memory, to be read only. */
export interface MemoryFiles {
  readonly files: FileStore;
  /** How many are open. */
  readonly open: number;
}

/** Files by UUID. */
export function memoryFiles(contents: Readonly<Record<string, Uint8Array>>): MemoryFiles {
  let open = 0;
  const files: Pick<FileStore, "open"> = {
    open(uuid): Promise<OpenFile> {
      const bytes = contents[uuid];
      if (!bytes) {
        return Promise.reject(
          new DicomError("missing-file", `Cannot open file ${uuid}: not there`),
        );
      }
      open++;
      const close = () => Promise.resolve(void open--);
      return Promise.resolve({ ...memorySource(bytes), [Symbol.asyncDispose]: close });
    },
  };
  return {
    files: files as FileStore, // nothing else is called
    get open() {
      return open;
    },
  };
}
