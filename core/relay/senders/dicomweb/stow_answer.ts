import type { Delivery } from "../../../ports/destinations.ts";
import { failedByStatus, statusText } from "../outcome.ts";

/** Attributes of the answer (PS3.18 Table 10.5.3-2), in the DICOM JSON Model (PS3.18 Annex F). */
const FAILED_SOP_SEQUENCE = "00081198";
const REFERENCED_SOP_SEQUENCE = "00081199";
const REFERENCED_SOP_INSTANCE_UID = "00081155";
const WARNING_REASON = "00081196";
const FAILURE_REASON = "00081197";

/** The server has such an instance (PS3.7 Section C.5.6). */
const DUPLICATE = 0x0111;

/** Where an attribute without a value is meant. */
const UNKNOWN_FAILURE = 0xc000;

/**
 * What a server that speaks STOW-RS has made of an instance.
 *
 * @param text the body of its answer
 * @returns undefined if the answer does not name the instance
 */
export function stowOutcome(text: string, sopInstanceUid: string): Delivery | undefined {
  const answer = parsed(text);
  const isSame = (item: unknown) => first(item, REFERENCED_SOP_INSTANCE_UID) === sopInstanceUid;
  const failed = items(answer, FAILED_SOP_SEQUENCE).find(isSame);
  if (failed) return failure(first(failed, FAILURE_REASON));
  const stored = items(answer, REFERENCED_SOP_SEQUENCE).find(isSame);
  if (!stored) return undefined;
  const warning = first(stored, WARNING_REASON);
  return {
    kind: "accepted",
    status: "0x0000",
    ...(typeof warning === "number" && {
      warning: `the receiver warns: ${statusText(warning)}`,
    }),
  };
}

/** Whether an answer to QIDO-RS has the instance. */
export function namesInstance(text: string, sopInstanceUid: string): boolean {
  const answer = parsed(text);
  return Array.isArray(answer) &&
    answer.some((item) => first(item, "00080018") === sopInstanceUid);
}

function failure(written: unknown): Delivery {
  const reason = typeof written === "number" ? written & 0xffff : UNKNOWN_FAILURE;
  if (reason === DUPLICATE) return { kind: "accepted", status: statusText(reason) };
  return failedByStatus(reason, `the receiver refuses it: ${statusText(reason)}`);
}

function items(dataSet: unknown, tag: string): readonly unknown[] {
  const value = member(member(dataSet, tag), "Value");
  return Array.isArray(value) ? value : [];
}

function first(item: unknown, tag: string): unknown {
  return items(item, tag)[0];
}

function member(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null && Object.hasOwn(value, name)
    ? (value as Readonly<Record<string, unknown>>)[name] // it has just been looked at
    : undefined;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
