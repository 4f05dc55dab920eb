/** Keeps the lines of the audit log, in order; nothing in it is ever changed. */
export interface AuditStore extends AsyncDisposable {
  /** The last line that is whole; undefined if there is none. */
  lastLine(): Promise<string | undefined>;
  /**
   * Adds lines without line ends, all or none, and drops the oldest ones where there are too many. They survive the end
   * of the process.
   *
   * @param first number of the first line
   * @throws DicomError `cannot-write`
   */
  append(lines: readonly string[], first: number): Promise<void>;
  /** Lets what was added survive a power cut. @throws DicomError `cannot-write` */
  sync(): Promise<void>;
  /** Lines from somewhere before number `from`, or from it on, in order. */
  lines(from: number): AsyncIterable<string>;
}
