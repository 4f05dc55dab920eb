/** Writes new files, each one piece after the other, hashing what it writes. */
export interface FileWriter extends AsyncDisposable {
  /** Begins a file, which must not exist, at `path`. Failures are told by what is called next. */
  begin(path: string): FileBeingWritten;
  /** Gives a file another name, some time soon; none if it is not there. @throws DicomError `cannot-write` */
  rename(names: Renaming): Promise<void>;
}

/** Paths of a file before and afterwards. */
export interface Renaming {
  readonly from: string;
  readonly to: string;
}

/** A file that is being written. Bytes that are handed over must stay as they are until they are written. */
export interface FileBeingWritten {
  /** Hands bytes over; nobody waits for them, and a failure is told by what is called next. */
  push(bytes: Uint8Array): void;
  /** Hands bytes over, and waits. @throws DicomError `storage-full` or `cannot-write` */
  write(bytes: Uint8Array): Promise<void>;
  /** Hands the last bytes over; the file is closed when both promises are settled. */
  end(bytes: Uint8Array, sync: boolean): EndOfFile;
  /** Closes the file, unless it has ended. */
  abandon(): Promise<void>;
}

/** What becomes of a file whose last bytes were handed over; each rejects with the DicomError of `write()`. */
export interface EndOfFile {
  /** Lower-case hexadecimal SHA-256; everything is written then. */
  readonly sha256: Promise<string>;
  /** Everything is durable then, but for the name of the file; or only written, if it is not to be flushed. */
  readonly flushed: Promise<void>;
}
