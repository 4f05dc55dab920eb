import { DicomError } from "../core/errors.ts";

/** For files that may be gone. @throws what is another failure */
export function ignoreMissing(error: unknown): void {
  if (!(error instanceof Deno.errors.NotFound)) throw error;
}

/** @throws DicomError `storage-full` or `cannot-write` */
export function rethrowWriteError(cause: unknown): never {
  const full = cause instanceof Error && /ENOSPC|EDQUOT|os error (28|122)/.test(cause.message);
  throw new DicomError(
    full ? "storage-full" : "cannot-write",
    full ? "Cannot store instance: the disk is full" : "Cannot store instance: writing failed",
    { cause },
  );
}
