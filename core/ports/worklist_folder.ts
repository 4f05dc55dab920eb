import type { OpenFile } from "../ports.ts";

/** A worklist file, as its folder shows it. */
export interface WorklistFile {
  /** Below the folder. */
  readonly name: string;
  /** In bytes. */
  readonly size: number;
  /** When it was changed last, in milliseconds since 1970. */
  readonly modifiedAt: number;
}

/** A folder of worklist files that others write. */
export interface WorklistFolder {
  /**
   * The files whose name ends in `.wl`, in subfolders too, by name. What disappears meanwhile is passed over.
   *
   * @throws DicomError `missing-file` if the folder cannot be read
   */
  list(): Promise<readonly WorklistFile[]>;
  /** @throws DicomError `missing-file` */
  open(name: string): Promise<OpenFile>;
}
