import type { IngestOutcome } from "../core/archive/ingest.ts";
import { DicomError, type ErrorCode } from "../core/errors.ts";

/** Statuses of responses that more than one service gives (PS3.7 Annex C). */
export const Status = {
  success: 0x0000,
  cancel: 0xfe00,
  pending: 0xff00,
  processingFailure: 0x0110,
  sopClassNotSupported: 0x0122,
  notAuthorized: 0x0124,
  unrecognizedOperation: 0x0211,
  mistypedArgument: 0x0212,
  outOfResources: 0xa700,
  dataSetDoesNotMatchSopClass: 0xa900,
  cannotUnderstand: 0xc000,
} as const;

/** DIMSE status of each failure (PS3.7 Annex C), unless its service has another. */
export const FAILURE_STATUS = {
  "internal": Status.processingFailure,
  "not-implemented": Status.processingFailure,
  "out-of-range": 0x0106,
  "not-enough-memory": Status.outOfResources,
  "bad-type": 0x0106,
  "bad-sequence-of-calls": Status.processingFailure,
  "not-found": 0x0112,
  "bad-request": Status.cannotUnderstand,
  "network": Status.processingFailure,
  "database": Status.outOfResources,
  "bad-uri": Status.processingFailure,
  "missing-file": Status.processingFailure,
  "cannot-write": Status.outOfResources,
  "bad-file": Status.cannotUnderstand,
  "timeout": Status.processingFailure,
  "unknown-resource": 0x0112,
  "database-version": Status.processingFailure,
  "storage-full": Status.outOfResources,
  "corrupted-file": Status.cannotUnderstand,
  "missing-tag": Status.cannotUnderstand,
  "read-only": Status.notAuthorized,
  "unknown-tag": Status.cannotUnderstand,
  "bad-json": Status.processingFailure,
  "unauthorized": Status.notAuthorized,
  "not-acceptable": Status.processingFailure,
  "unavailable": Status.outOfResources,
  "bad-range": Status.processingFailure,
  "revision": Status.processingFailure,
  "forbidden": Status.notAuthorized,
  "duplicate": 0x0111,
  "configuration": Status.processingFailure,
  "canceled-job": Status.processingFailure,
  "overrides-parent": Status.processingFailure,
  "use-content": Status.processingFailure,
  "bad-parent": Status.processingFailure,
  "parent-is-instance": Status.processingFailure,
  "too-large": Status.outOfResources,
  "unsupported-media": Status.cannotUnderstand,
} as const satisfies Record<ErrorCode, number>;

/** C-STORE status of each outcome: to the sender, what is there already is stored. */
export const STORE_STATUS = {
  stored: Status.success,
  replaced: Status.success,
  duplicate: Status.success,
  conflict: Status.success,
} as const satisfies Record<IngestOutcome["kind"], number>;

/** The status that a failure says itself, or that of its code. */
export function statusOf(error: unknown): number {
  if (!(error instanceof DicomError)) return Status.processingFailure;
  return error.dimseStatus ?? FAILURE_STATUS[error.code];
}
