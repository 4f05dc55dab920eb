import { DicomError } from "../../errors.ts";
import type { Delivery, Proof } from "../../ports/destinations.ts";
import type { Reply } from "../http/ask.ts";

/** A delivery that did not succeed. */
export type Failed = Exclude<Delivery, { readonly kind: "accepted" }>;

const MS_PER_SECOND = 1000;
/** A longer `Retry-After` is taken for this long. */
const LONGEST_WAIT_MS = 24 * 3600 * MS_PER_SECOND;

/** Failures of our own file, which no remote is to blame for. */
const OUR_FAULTS: readonly string[] = ["missing-file", "corrupted-file"];

/** HTTP statuses that say something about the instance. Those about neither instance nor caller may pass. */
const HTTP_KINDS: Readonly<Record<number, "permanent" | "unauthorized">> = {
  400: "permanent",
  401: "unauthorized",
  403: "unauthorized",
  407: "unauthorized",
  409: "permanent",
  413: "permanent",
  415: "permanent",
  422: "permanent",
};

/** What an HTTP status other than success means. @param now milliseconds since 1970 */
export function failedByHttp(
  { status, headers }: Pick<Reply, "status" | "headers">,
  now: number,
): Failed {
  const kind = HTTP_KINDS[status] ?? "transient";
  const outcome = { status: `HTTP ${status}`, reason: `it answers HTTP status ${status}` };
  if (kind !== "transient") return { kind, ...outcome };
  const retryAfterMs = retryAfter(headers.get("retry-after"), now);
  return {
    kind,
    ...outcome,
    ...(retryAfterMs !== undefined && { retryAfterMs }),
    connectionFault: false,
  };
}

/** RFC 9110 Section 10.2.3: seconds, or a date. */
function retryAfter(field: string | undefined, now: number): number | undefined {
  if (field === undefined) return undefined;
  const text = field.trim();
  const wait = /^\d+$/.test(text) ? Number(text) * MS_PER_SECOND : Date.parse(text) - now;
  return Number.isNaN(wait) ? undefined : Math.min(Math.max(0, wait), LONGEST_WAIT_MS);
}

/** DIMSE statuses, or failure reasons of STOW-RS, that may pass (PS3.4 Table B.2-1, PS3.7 Annex C). */
const PASSING: readonly number[] = [0x0110, 0x0213];

/** Whether the status says that there is no room or time just now: 0xA7xx, processing failure, resource limitation. */
export function mayPass(status: number): boolean {
  return status >> 8 === 0xa7 || PASSING.includes(status);
}

/** What a status of C-STORE other than success and warnings means, or a failure reason of STOW-RS. */
export function failedByStatus(status: number, reason: string): Failed {
  const shown = statusText(status);
  return mayPass(status)
    ? { kind: "transient", status: shown, reason, connectionFault: false }
    : { kind: "permanent", status: shown, reason };
}

/** A status as it is written everywhere. */
export function statusText(status: number): string {
  return `0x${status.toString(16).padStart(4, "0").toUpperCase()}`;
}

/**
 * What a failure means for a delivery.
 *
 * @throws the reason of `signal` if it aborted; failures of our own file, and those that nobody foresaw
 */
export function failedByError(error: unknown, signal: AbortSignal): Failed {
  signal.throwIfAborted();
  if (!(error instanceof DicomError) || OUR_FAULTS.includes(error.code)) throw error;
  const { code, message: reason, dimseStatus, refusal } = error;
  if (dimseStatus !== undefined) return failedByStatus(dimseStatus, reason);
  if (refusal === "service") return { kind: "permanent", status: "no context", reason };
  if (refusal === "caller") return { kind: "unauthorized", status: "rejected", reason };
  if (code === "configuration") return { kind: "unauthorized", status: code, reason };
  return { kind: "transient", status: code, reason, connectionFault: isConnectionFault(code) };
}

function isConnectionFault(code: DicomError["code"]): boolean {
  return code === "network" || code === "timeout";
}

/**
 * What a failure to ask for proof means.
 *
 * @throws as `failedByError()`
 */
export function unprovenByError(error: unknown, signal: AbortSignal): Proof {
  signal.throwIfAborted();
  if (!(error instanceof DicomError) || OUR_FAULTS.includes(error.code)) throw error;
  const { message: reason, dimseStatus, refusal } = error;
  const isFinal = refusal === "service" ||
    (dimseStatus !== undefined && !mayPass(dimseStatus));
  return { kind: isFinal ? "unsupported" : "pending", reason };
}
