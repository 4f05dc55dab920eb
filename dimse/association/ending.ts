import { DicomError } from "../../core/errors.ts";
import type { Pdu, PduKind, PduOf } from "../pdu.ts";

/** How an association ended, or why there never was one. */
export interface Ending {
  readonly kind: "released" | "rejected" | "aborted" | "lost" | "timeout";
  /** Which side ended it. */
  readonly by: "local" | "remote";
  /** For the log: a short fact, with no full stop. */
  readonly reason: string;
  /** Whether the remote rejected it because of an AE title. */
  readonly refusesCaller?: boolean;
}

/** The orderly end. */
export const RELEASED: Ending = { kind: "released", by: "remote", reason: "released" };

/** What is thrown at those who go on with an association that has ended. */
export function endedError(ending: Ending): DicomError {
  const code = ending.kind === "timeout" ? "timeout" : "network";
  return new DicomError(code, `Cannot go on with the association: ${ending.reason}`, {
    refusal: ending.refusesCaller ? "caller" : undefined,
  });
}

/** PS3.8 Table 9-21, by result, source and reason; `source-reason`. */
const REJECTIONS: Readonly<Record<string, string>> = {
  "1-1": "no reason given",
  "1-2": "application context name not supported",
  "1-3": "calling AE title not recognized",
  "1-7": "called AE title not recognized",
  "2-1": "no reason given by the provider",
  "2-2": "protocol version not supported",
  "3-1": "temporary congestion",
  "3-2": "local limit exceeded",
};

/** AE titles not recognized. */
const CALLER_REJECTIONS: readonly string[] = ["1-3", "1-7"];

/** PS3.8 Table 9-21 in words. */
function rejectionReason({ source, reason }: PduOf<"associateReject">): string {
  return REJECTIONS[`${source}-${reason}`] ?? `source ${source}, reason ${reason}`;
}

/** PS3.8 Table 9-26: reasons of an abort by the provider. */
export const AbortReason = {
  notSpecified: 0,
  unrecognizedPdu: 1,
  unexpectedPdu: 2,
  unrecognizedParameter: 4,
  unexpectedParameter: 5,
  invalidParameter: 6,
} as const;

const ABORT_REASONS: Readonly<Record<number, string>> = {
  0: "no reason given",
  1: "unrecognized PDU",
  2: "unexpected PDU",
  4: "unrecognized PDU parameter",
  5: "unexpected PDU parameter",
  6: "invalid PDU parameter value",
};

/** PS3.8 Table 9-26 in words. */
function abortReason({ source, reason }: PduOf<"abort">): string {
  if (source !== 2) return "the remote aborted it";
  return `the remote aborted it: ${ABORT_REASONS[reason] ?? `reason ${reason}`}`;
}

/** How a PDU of the remote ends an association; undefined if it does not by itself. */
export function endingOf(pdu: Pdu): Ending | undefined {
  switch (pdu.kind) {
    case "abort":
      return { kind: "aborted", by: "remote", reason: abortReason(pdu) };
    case "associateReject":
      return {
        kind: "rejected",
        by: "remote",
        reason: rejectionReason(pdu),
        refusesCaller: CALLER_REJECTIONS.includes(`${pdu.source}-${pdu.reason}`),
      };
    case "releaseReply":
      return RELEASED;
    default:
      return undefined;
  }
}

/** The end by a PDU that may not come now. */
export function unexpectedPdu(kind: PduKind): Ending {
  return { kind: "aborted", by: "local", reason: `the remote sent PDU ${kind} out of turn` };
}

/** The end by waiting too long. */
export function timeout(reason: string): Ending {
  return { kind: "timeout", by: "local", reason };
}
