import type { App } from "../core/app.ts";
import { defaultCharacterSets } from "../core/dicom/charset.ts";
import type { DataSet } from "../core/dicom/data_set.ts";
import { decodeDataSet } from "../core/dicom/decode.ts";
import { encodeDataSet } from "../core/dicom/encode.ts";
import type { NewDataSet } from "../core/dicom/new_data_set.ts";
import { findTransferSyntax, IMPLICIT_LITTLE_ENDIAN } from "../core/dicom/transfer_syntax.ts";
import { DicomError } from "../core/errors.ts";
import type { Request } from "./service.ts";
import { Status } from "./status.ts";

/** The longest value of a request that is looked at, in bytes. */
const MAXIMUM_VALUE_LENGTH = 4 * 1024 * 1024;

/**
 * The data set of a request that holds one in memory.
 *
 * @throws DicomError `bad-file` if it is damaged; with a status if there is none
 */
export async function readDataSet(request: Request, { config }: App): Promise<DataSet> {
  if (!request.dataSet) {
    throw new DicomError("bad-request", "Cannot serve: the request has no data set", {
      dimseStatus: Status.dataSetDoesNotMatchSopClass,
    });
  }
  const bytes = new Uint8Array(
    await new Blob(await Array.fromAsync(request.dataSet, (chunk) => chunk.slice())).arrayBuffer(),
  );
  return decodeDataSet(bytes, encodingOf(request), {
    defaultSets: defaultCharacterSets(config.defaultEncoding),
    maximumLength: MAXIMUM_VALUE_LENGTH,
  });
}

/** A data set in the transfer syntax of the request that it answers; text in the set that it declares. */
export function encodeAnswer(elements: NewDataSet, request: Request): Uint8Array {
  return encodeDataSet(elements, { encoding: encodingOf(request) });
}

function encodingOf({ context }: Request) {
  return findTransferSyntax(context.transferSyntaxUid) ?? IMPLICIT_LITTLE_ENDIAN;
}
