import type { DataSet } from "../../core/dicom/data_set.ts";
import type { NewDataSet } from "../../core/dicom/new_data_set.ts";
import { SOP_CLASS } from "../../core/dicom/sop_class.ts";
import type { QueryModel } from "../../core/ports/dicom_client.ts";
import { CommandField, Priority } from "../command.ts";
import { converse, isPending, statusError } from "./exchange.ts";
import { encodeIdentifier, readIdentifier, type TextOptions } from "./identifier.ts";
import type { Link } from "./link.ts";

/** The SOP class of each information model for C-FIND (PS3.4 Sections C.5.1, C.5.2 and K.4). */
export const FIND_SOP_CLASSES = {
  "patient-root": SOP_CLASS.patientRootFind,
  "study-root": SOP_CLASS.studyRootFind,
  "worklist": SOP_CLASS.worklistFind,
} as const satisfies Record<QueryModel, string>;

/** Final status of a C-FIND that was cancelled, also by a remote with a limit of answers (PS3.4 Table C.4-1). */
const CANCELLED = 0xfe00;

/** What to look for. */
export interface FindOptions extends TextOptions {
  readonly model: QueryModel;
  readonly identifier: NewDataSet;
  readonly signal: AbortSignal;
}

/**
 * C-FIND: one data set for each match (PS3.7 Section 9.1.2).
 *
 * @throws DicomError `network` or `timeout`; with `dimseStatus` where the remote refuses; the reason of `signal`
 */
export async function* find(link: Link, options: FindOptions): AsyncGenerator<DataSet> {
  const context = link.contextOf(FIND_SOP_CLASSES[options.model]);
  const request = {
    contextId: context.id,
    command: {
      commandField: CommandField.cFindRequest,
      affectedSopClassUid: context.abstractSyntaxUid,
      priority: Priority.medium,
    },
    dataSet: encodeIdentifier(options.identifier, context, options),
  };
  for await (const response of converse(link, request, options)) {
    const { status } = response;
    if (isPending(status)) yield await readIdentifier(response.dataSet, context, options);
    else if (status !== 0x0000 && status !== CANCELLED) throw statusError("C-FIND", link, response);
  }
}
