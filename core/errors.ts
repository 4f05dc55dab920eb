/**
 * Why the server could not do what it was asked: each code with Orthanc's number and text, which its
 * clients see as `OrthancStatus` and `OrthancError`. Each protocol maps the codes to its own statuses.
 */
export const ERRORS = {
  "internal": { number: -1, text: "Internal error" },
  "not-implemented": { number: 2, text: "Not implemented yet" },
  "out-of-range": { number: 3, text: "Parameter out of range" },
  "not-enough-memory": { number: 4, text: "Not enough memory" },
  "bad-type": { number: 5, text: "Bad type for a parameter" },
  "bad-sequence-of-calls": { number: 6, text: "Bad sequence of calls" },
  "not-found": { number: 7, text: "Accessing an inexistent item" },
  "bad-request": { number: 8, text: "Bad request" },
  "network": { number: 9, text: "Error in the network protocol" },
  "database": { number: 11, text: "Error with the database engine" },
  "bad-uri": { number: 12, text: "Bad syntax for a URI" },
  "missing-file": { number: 13, text: "Inexistent file" },
  "cannot-write": { number: 14, text: "Cannot write to file" },
  "bad-file": { number: 15, text: "Bad file format" },
  "timeout": { number: 16, text: "Timeout" },
  "unknown-resource": { number: 17, text: "Unknown resource" },
  "database-version": { number: 18, text: "Incompatible version of the database" },
  "storage-full": { number: 19, text: "The file storage is full" },
  "corrupted-file": { number: 20, text: "Corrupted file (e.g. inconsistent MD5 hash)" },
  "missing-tag": { number: 21, text: "Inexistent tag" },
  "read-only": { number: 22, text: "Cannot modify a read-only data structure" },
  "unknown-tag": { number: 27, text: "Unknown DICOM tag" },
  "bad-json": { number: 28, text: "Cannot parse a JSON document" },
  "unauthorized": { number: 29, text: "Bad credentials were provided to an HTTP request" },
  "not-acceptable": {
    number: 34,
    text: "Cannot send a response which is acceptable according to the Accept HTTP header",
  },
  "unavailable": {
    number: 36,
    text: "The database is currently not available (probably a transient situation)",
  },
  "canceled-job": { number: 37, text: "Canceled job" },
  "bad-range": { number: 41, text: "Incorrect range request" },
  "revision": {
    number: 43,
    text:
      "A bad revision number was provided, which might indicate conflict between multiple writers",
  },
  "forbidden": { number: 45, text: "Trying to access a forbidden resource" },
  "duplicate": { number: 46, text: "Duplicate resource" },
  "configuration": {
    number: 47,
    text: "Your configuration file contains configuration that are mutually incompatible",
  },
  "overrides-parent": {
    number: 2020,
    text: "Trying to override a value inherited from a parent module",
  },
  "use-content": {
    number: 2021,
    text: 'Use "Content" to inject an image into a new DICOM instance',
  },
  "bad-parent": {
    number: 2024,
    text: "Trying to attach a new DICOM instance to an inexistent resource",
  },
  "parent-is-instance": {
    number: 2025,
    text:
      "Trying to attach a new DICOM instance to an instance (must be a series, study or patient)",
  },
  "too-large": { number: 4, text: "Not enough memory" },
  "unsupported-media": { number: 3000, text: "Unsupported media type" },
} as const satisfies Record<string, { number: number; text: string }>;

/** A failure, by name. */
export type ErrorCode = keyof typeof ERRORS;

/** What a failure tells clients beyond its message (Orthanc's `ErrorPayload`). */
export interface ErrorPayload {
  readonly type: string;
  readonly content: unknown;
}

/**
 * What a remote that was reached said no to, where it gave no status: a `service` (no presentation context for it) or the
 * `caller`, which is us (PS3.8 Section 9.3.4, an AE title that is not recognized).
 */
export type Refusal = "service" | "caller";

/** The only error class that crosses a module boundary; `message` holds no patient data. */
export class DicomError extends Error {
  override readonly name = "DicomError";

  /** Status of the DIMSE response that said no, where there was one (PS3.7 Annex C). */
  readonly dimseStatus: number | undefined;
  readonly payload: ErrorPayload | undefined;
  readonly refusal: Refusal | undefined;

  constructor(
    readonly code: ErrorCode,
    message: string,
    options: ErrorOptions & {
      readonly dimseStatus?: number;
      /** By default the status of the DIMSE response. */
      readonly payload?: ErrorPayload;
      readonly refusal?: Refusal | undefined;
    } = {},
  ) {
    super(message, options);
    this.dimseStatus = options.dimseStatus;
    this.refusal = options.refusal;
    this.payload = options.payload ?? dimsePayload(options.dimseStatus);
  }
}

function dimsePayload(status: number | undefined): ErrorPayload | undefined {
  return status === undefined
    ? undefined
    : { type: "Dimse", content: { DimseErrorStatus: status } };
}
