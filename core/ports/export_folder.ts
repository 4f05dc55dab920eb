import type { OpenFile } from "../ports.ts";

/** A folder outside the archive that others take files from. */
export interface ExportFolder {
  /**
   * Writes a file whole or not at all, in place of one with its name. Bytes and name are durable when the promise
   * resolves. Folders in its path are made, the folder itself is not: it may be a disk that is not mounted.
   *
   * @param path names of folders and of the file, which are safe to be such
   * @throws DicomError `storage-full` or `cannot-write`; the reason of `signal`; what reading `bytes` throws
   */
  put(
    path: readonly string[],
    bytes: AsyncIterable<Uint8Array>,
    signal: AbortSignal,
  ): Promise<void>;
  /** Opens a file. @throws DicomError `missing-file` */
  open(path: readonly string[]): Promise<OpenFile>;
  /** @throws DicomError `cannot-write` if the folder is not there */
  check(): Promise<void>;
}
