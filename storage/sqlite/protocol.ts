import { DicomError, type ErrorCode } from "../../core/errors.ts";
import type { Access } from "./database.ts";
import type { MethodName } from "./methods.ts";

/** What the first message to an index worker says. */
export interface OpenMessage {
  readonly path: string;
  readonly access: Access;
  /** Whether every commit is flushed; so it is unless said. */
  readonly flushed?: boolean;
}

/** A method to be run. */
export interface Call {
  readonly id: number;
  readonly method: MethodName;
  readonly args: readonly unknown[];
}

/** What a method returned or why it failed. `id` 0 answers the `OpenMessage`. */
export type Answer =
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly failure: Failure };

/** An error in a form that can be sent. */
export interface Failure {
  readonly code: ErrorCode;
  readonly message: string;
}

/**
 * What went wrong, for the other side; SQLite's own messages name tables and files, not patients. They are all that the
 * runtime tells.
 *
 * @param isWriting whether the call was to change something
 */
export function failureOf(error: unknown, isWriting = false): Failure {
  if (error instanceof DicomError) return { code: error.code, message: error.message };
  const message = error instanceof Error ? error.message : String(error);
  const verb = isWriting && CANNOT_WRITE.test(message) ? "write to" : "use";
  return { code: codeOf(message, isWriting), message: `Cannot ${verb} the index: ${message}` };
}

/** SQLITE_IOERR, SQLITE_READONLY and SQLITE_CANTOPEN: the medium fails, or has become read-only. */
const CANNOT_WRITE = /disk I\/O error|readonly database|unable to open database/i;

function codeOf(message: string, isWriting: boolean): ErrorCode {
  if (/database or disk is full/i.test(message)) return "storage-full";
  return isWriting && CANNOT_WRITE.test(message) ? "cannot-write" : "database";
}
