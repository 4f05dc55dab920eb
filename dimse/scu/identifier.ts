import { type CharacterSets } from "../../core/dicom/charset.ts";
import type { DataSet } from "../../core/dicom/data_set.ts";
import { decodeDataSet } from "../../core/dicom/decode.ts";
import { encodeDataSet, withCharacterSet } from "../../core/dicom/encode.ts";
import type { NewDataSet } from "../../core/dicom/new_data_set.ts";
import { findTransferSyntax, IMPLICIT_LITTLE_ENDIAN } from "../../core/dicom/transfer_syntax.ts";
import { DicomError } from "../../core/errors.ts";
import type { AgreedContext } from "../negotiation.ts";
import { collect } from "./exchange.ts";

/** Longest value of an answer that is kept, in bytes. */
const MAXIMUM_VALUE_LENGTH = 0x100000;

/** Character sets of what is sent and received. */
export interface TextOptions {
  /** Defined term of Specific Character Set for text that is not ASCII; Unicode where it has not all characters. */
  readonly characterSet: string;
  /** Of answers that name none. */
  readonly defaultSets: CharacterSets;
}

/** `elements` as one chunk in the transfer syntax of `context`, in ASCII where that will do. */
export function encodeIdentifier(
  elements: NewDataSet,
  context: AgreedContext,
  { characterSet }: TextOptions,
): Uint8Array[] {
  const ascii = withCharacterSet(elements, "");
  const written = ascii.characterSet === "" ? ascii : withCharacterSet(elements, characterSet);
  return [
    encodeDataSet(written.elements, {
      encoding: encodingOf(context),
      characterSet: written.characterSet,
    }),
  ];
}

/** The data set of an answer. @throws DicomError `network` if it is none, or too long */
export async function readIdentifier(
  chunks: AsyncIterable<Uint8Array> | undefined,
  context: AgreedContext,
  { defaultSets }: TextOptions,
): Promise<DataSet> {
  const bytes = await collect(chunks);
  try {
    return decodeDataSet(bytes, encodingOf(context), {
      defaultSets,
      maximumLength: MAXIMUM_VALUE_LENGTH,
    });
  } catch (cause) {
    if (!(cause instanceof DicomError)) throw cause;
    throw new DicomError("network", `Cannot read answer: ${cause.message}`, { cause });
  }
}

function encodingOf({ transferSyntaxUid }: AgreedContext) {
  return findTransferSyntax(transferSyntaxUid) ?? IMPLICIT_LITTLE_ENDIAN;
}
