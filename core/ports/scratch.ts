import type { OpenFile } from "../ports.ts";

/** Files of passage: they last while the server runs, and need not survive it. */
export interface Scratch {
  /** Starts a file of a new name. @throws DicomError `cannot-write` */
  create(): Promise<ScratchFile>;
  /** Undefined if there is none, or no more. */
  open(name: string): Promise<OpenFile | undefined>;
  /** Removes a file; what is reading it may go on. One that is not there is no error. */
  remove(name: string): Promise<void>;
}

/** A file that is being written; disposal removes it unless it is kept. */
export interface ScratchFile extends AsyncDisposable {
  readonly name: string;
  /** Appends. @throws DicomError `storage-full` or `cannot-write` */
  write(bytes: Uint8Array): Promise<void>;
  keep(): void;
}
