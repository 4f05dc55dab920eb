import type { DataSet } from "../core/dicom/data_set.ts";
import type { Tag } from "../core/dicom/tag.ts";
import { hasText, valueText } from "../core/dicom/values.ts";
import { DicomError } from "../core/errors.ts";
import type { CommitmentResult, SopReference } from "../core/ports/dicom_client.ts";
import { Status } from "./status.ts";

const TRANSACTION_UID: Tag = 0x00081195;
const FAILURE_REASON: Tag = 0x00081197;
const FAILED_SOP_SEQUENCE: Tag = 0x00081198;
const REFERENCED_SOP_SEQUENCE: Tag = 0x00081199;
const REFERENCED_SOP_CLASS_UID: Tag = 0x00081150;
const REFERENCED_SOP_INSTANCE_UID: Tag = 0x00081155;

/** Transaction UID. @throws DicomError with a status if there is none */
export function transactionUidOf(dataSet: DataSet): string {
  const uid = textOf(dataSet, TRANSACTION_UID);
  if (uid !== "") return uid;
  throw new DicomError("missing-tag", "Cannot commit: Transaction UID (0008,1195) is missing", {
    dimseStatus: Status.processingFailure,
  });
}

/** What is referenced as stored, or to be committed. @throws DicomError with a status for an item without UIDs */
export function referencesOf(dataSet: DataSet): SopReference[] {
  return (dataSet.get(REFERENCED_SOP_SEQUENCE)?.items ?? []).map(referenceOf);
}

/** What was not committed, with its reasons. @throws DicomError with a status for an item without UIDs */
export function failuresOf(dataSet: DataSet): CommitmentResult["failed"] {
  return (dataSet.get(FAILED_SOP_SEQUENCE)?.items ?? []).map((item) => ({
    ...referenceOf(item),
    reason: Number(textOf(item, FAILURE_REASON)),
  }));
}

function referenceOf(item: DataSet): SopReference {
  const sopClassUid = textOf(item, REFERENCED_SOP_CLASS_UID);
  const sopInstanceUid = textOf(item, REFERENCED_SOP_INSTANCE_UID);
  if (sopClassUid !== "" && sopInstanceUid !== "") return { sopClassUid, sopInstanceUid };
  throw new DicomError("missing-tag", "Cannot commit: a reference lacks a UID", {
    dimseStatus: Status.processingFailure,
  });
}

function textOf(dataSet: DataSet, tag: Tag): string {
  const element = dataSet.get(tag);
  return (element && hasText(element.vr) && valueText(element, dataSet)?.trim()) || "";
}
