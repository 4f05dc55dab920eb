import type { Context, ErrorHandler, NotFoundHandler } from "hono";
import { STATUS_CODES } from "node:http";
import type { ContentfulStatusCode, StatusCode } from "hono/utils/http-status";
import { DicomError, type ErrorCode, type ErrorPayload, ERRORS } from "../core/errors.ts";
import type { Log } from "../core/ports.ts";
import { requestIdOf } from "./request_log.ts";

/** HTTP status of each failure, as Orthanc's; but a medium that cannot be written may be again: 503, not 500. */
export const HTTP_STATUS = {
  "internal": 500,
  "not-implemented": 500,
  "out-of-range": 400,
  "not-enough-memory": 500,
  "bad-type": 400,
  "bad-sequence-of-calls": 500,
  "not-found": 404,
  "bad-request": 400,
  "network": 500,
  "database": 500,
  "bad-uri": 400,
  "missing-file": 404,
  "cannot-write": 503,
  "bad-file": 400,
  "timeout": 500,
  "unknown-resource": 404,
  "database-version": 500,
  "storage-full": 507,
  "corrupted-file": 500,
  "missing-tag": 404,
  "read-only": 500,
  "unknown-tag": 500,
  "bad-json": 400,
  "unauthorized": 401,
  "not-acceptable": 406,
  "unavailable": 503,
  "canceled-job": 500,
  "bad-range": 416,
  "revision": 409,
  "forbidden": 403,
  "duplicate": 409,
  "configuration": 500,
  "overrides-parent": 400,
  "use-content": 400,
  "bad-parent": 400,
  "parent-is-instance": 400,
  "too-large": 413,
  "unsupported-media": 415,
} as const satisfies Record<ErrorCode, ContentfulStatusCode>;

/** What error answers need. */
export interface ErrorOptions {
  readonly log: Log;
  /** Whether the body says what went wrong (option `HttpDescribeErrors`). */
  readonly describe: boolean;
}

/** What an error answer is made of. */
interface Failure {
  readonly code: ErrorCode;
  readonly message: string;
  readonly payload?: ErrorPayload | undefined;
}

/** Makes the handlers of failures, and of paths that lead nowhere. */
export function createErrorHandlers({ log, describe }: ErrorOptions) {
  const answer = (c: Context, failure: Failure) => {
    const status = HTTP_STATUS[failure.code];
    if (!describe) return empty(c, status);
    const text = JSON.stringify(describeError(c, failure), null, "\t");
    const body = new TextEncoder().encode(`${text}\n\n`);
    c.header("Content-Length", String(body.length));
    return c.body(body, status, { "Content-Type": "text/plain" });
  };

  const onError: ErrorHandler = (error, c) => {
    if (error instanceof DicomError) return answer(c, error);
    const id = requestIdOf(c);
    log("error", "unexpected failure", { id, method: c.req.method, stack: String(error.stack) });
    const message = `Unexpected failure ${id}: see the log of the server`;
    return answer(c, { code: "internal", message });
  };
  const notFound: NotFoundHandler = (c) => answer(c, { code: "unknown-resource", message: "" });
  return { onError, notFound };
}

/** An answer without a body. */
export function empty(c: Context, status: StatusCode): Response {
  c.header("Content-Length", "0");
  return c.body(null, status);
}

/** Orthanc's object of an error. */
function describeError(c: Context, { code, message, payload }: Failure) {
  const { number, text } = ERRORS[code];
  const status = HTTP_STATUS[code];
  return {
    ...(message !== "" && { Details: message }),
    ...(payload && { ErrorPayload: { Content: payload.content, Type: payload.type } }),
    HttpError: STATUS_CODES[status],
    HttpStatus: status,
    Message: text,
    Method: c.req.method,
    OrthancError: text,
    OrthancStatus: number,
    Uri: c.req.path,
  };
}
