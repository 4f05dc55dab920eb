import type { StoredFile } from "../archive/resource.ts";
import type { ResourceRef } from "../ports.ts";

/** A file that the index knows, and whose it is. */
export interface FileRow extends StoredFile {
  readonly owner: ResourceRef;
}

/** What the index knows of files, to be compared with what there is. */
export interface FileRows {
  /** Files of instances and attachments by UUID, those after `after`. */
  fileRows(page: { readonly after: string; readonly limit: number }): Promise<FileRow[]>;
  /** UUIDs that begin with `prefix`, of files that have a row or are to be removed. */
  knownFiles(prefix: string): Promise<string[]>;
  /** What is wrong with the index itself. */
  faults(): Promise<string[]>;
  /** Forgets the attachment that has this file. @returns whether there is one */
  dropAttachment(uuid: string): Promise<boolean>;
}

/** A file that lies in the folder of files. */
export interface FoundFile {
  /** Below that folder. */
  readonly path: string;
  readonly uuid: string;
  /** Whether it has a name that says that all of it is there. */
  readonly complete: boolean;
}

/** The files of one folder, whose UUIDs begin with `prefix`. */
export interface FoundFolder {
  readonly prefix: string;
  readonly files: readonly FoundFile[];
}

/** What lies in the folder of files. */
export interface FolderInventory {
  folders(): AsyncGenerator<FoundFolder>;
  /** When a file was written, in milliseconds since 1970. */
  writtenAt(file: FoundFile): Promise<number>;
  /**
   * Gives a file the name of one that is compressed, if it looks like one and has another name (as Orthanc's have).
   *
   * @returns whether it did
   */
  nameCompressed(file: FoundFile): Promise<boolean>;
  /** Takes back what `nameCompressed()` did. */
  namePlain(file: FoundFile): Promise<void>;
  /** Removes what no file of the archive is. */
  removeLeftover(file: FoundFile): Promise<void>;
}
