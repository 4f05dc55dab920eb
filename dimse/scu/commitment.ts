import type { NewDataSet } from "../../core/dicom/new_data_set.ts";
import { SOP_CLASS, STORAGE_COMMITMENT_INSTANCE_UID } from "../../core/dicom/sop_class.ts";
import type { CommitmentResult, SopReference } from "../../core/ports/dicom_client.ts";
import { CommandField } from "../command.ts";
import { ask, checkStatus } from "./exchange.ts";
import { encodeIdentifier, type TextOptions } from "./identifier.ts";
import type { Link } from "./link.ts";
import type { Proposal } from "./proposals.ts";
import { proposeService } from "./proposals.ts";

/** Action Type ID and Event Type IDs of the Storage Commitment Push Model (PS3.4 Sections J.3.2 and J.3.3). */
const REQUEST_COMMITMENT = 1;
const ALL_COMMITTED = 1;
const SOME_FAILED = 2;

const TRANSACTION_UID = 0x00081195;
const FAILURE_REASON = 0x00081197;
const FAILED_SOP_SEQUENCE = 0x00081198;
const REFERENCED_SOP_SEQUENCE = 0x00081199;
const REFERENCED_SOP_CLASS_UID = 0x00081150;
const REFERENCED_SOP_INSTANCE_UID = 0x00081155;

/** What to propose for asking. */
export const COMMITMENT_PROPOSAL: Proposal = proposeService(SOP_CLASS.storageCommitmentPush);
/** What to propose for reporting: this side is SCP. */
export const REPORT_PROPOSAL: Proposal = { ...COMMITMENT_PROPOSAL, asScp: true };

/**
 * N-ACTION: asks the remote to commit itself (PS3.4 Section J.3.2).
 *
 * @throws DicomError `network` or `timeout`; with `dimseStatus` where the remote refuses; the reason of `signal`
 */
export async function requestCommitment(
  link: Link,
  options: TextOptions & {
    readonly transactionUid: string;
    readonly references: readonly SopReference[];
    readonly signal: AbortSignal;
  },
): Promise<void> {
  const context = link.contextOf(SOP_CLASS.storageCommitmentPush);
  const information: NewDataSet = [
    { tag: TRANSACTION_UID, vr: "UI", value: options.transactionUid },
    { tag: REFERENCED_SOP_SEQUENCE, vr: "SQ", value: options.references.map(referenceItem) },
  ];
  const response = await ask(link, {
    contextId: context.id,
    command: {
      commandField: CommandField.nActionRequest,
      requestedSopClassUid: SOP_CLASS.storageCommitmentPush,
      requestedSopInstanceUid: STORAGE_COMMITMENT_INSTANCE_UID,
      actionTypeId: REQUEST_COMMITMENT,
    },
    dataSet: encodeIdentifier(information, context, options),
  }, options.signal);
  checkStatus("Storage commitment", link, response);
}

/**
 * N-EVENT-REPORT: tells the remote what is committed (PS3.4 Section J.3.3).
 *
 * @throws as `requestCommitment()`
 */
export async function reportCommitment(
  link: Link,
  options: TextOptions & { readonly result: CommitmentResult; readonly signal: AbortSignal },
): Promise<void> {
  const { result, signal } = options;
  const context = link.contextOf(SOP_CLASS.storageCommitmentPush, true);
  const response = await ask(link, {
    contextId: context.id,
    command: {
      commandField: CommandField.nEventReportRequest,
      affectedSopClassUid: SOP_CLASS.storageCommitmentPush,
      affectedSopInstanceUid: STORAGE_COMMITMENT_INSTANCE_UID,
      eventTypeId: result.failed.length === 0 ? ALL_COMMITTED : SOME_FAILED,
    },
    dataSet: encodeIdentifier(eventInformation(result), context, options),
  }, signal);
  checkStatus("Storage commitment", link, response);
}

/** PS3.4 Table J.3-2; a sequence without items is left out. */
function eventInformation({ transactionUid, stored, failed }: CommitmentResult): NewDataSet {
  const failures = failed.map((reference): NewDataSet => [
    ...referenceItem(reference),
    { tag: FAILURE_REASON, vr: "US", value: `${reference.reason}` },
  ]);
  return [
    { tag: TRANSACTION_UID, vr: "UI", value: transactionUid },
    ...sequence(REFERENCED_SOP_SEQUENCE, stored.map(referenceItem)),
    ...sequence(FAILED_SOP_SEQUENCE, failures),
  ];
}

function sequence(tag: number, items: readonly NewDataSet[]): NewDataSet {
  return items.length === 0 ? [] : [{ tag, vr: "SQ", value: items }];
}

function referenceItem({ sopClassUid, sopInstanceUid }: SopReference): NewDataSet {
  return [
    { tag: REFERENCED_SOP_CLASS_UID, vr: "UI", value: sopClassUid },
    { tag: REFERENCED_SOP_INSTANCE_UID, vr: "UI", value: sopInstanceUid },
  ];
}
