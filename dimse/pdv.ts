import { readU32, writeU32 } from "../core/bytes/numbers.ts";
import { DicomError } from "../core/errors.ts";
import { PDU_HEADER_SIZE } from "./pdu.ts";

/** Type of a P-DATA-TF PDU (PS3.8 Table 9-22). */
export const DATA_PDU_TYPE = 0x04;

/** Bytes before the fragment in a P-DATA-TF PDU of one presentation data value: both headers. */
export const DATA_HEADER_SIZE = PDU_HEADER_SIZE + 6;

/** Message control header (PS3.8 Annex E.2). */
const COMMAND = 0b01;
const LAST = 0b10;

/** A presentation data value, where it lies in a buffer (PS3.8 Table 9-23). */
export interface Pdv {
  readonly contextId: number;
  /** Whether the fragment is of a command set, not of a data set. */
  readonly isCommand: boolean;
  /** Whether it is the last fragment. */
  readonly isLast: boolean;
  /** The fragment is from `start` to `end`; the next value starts at `end`. */
  readonly start: number;
  readonly end: number;
}

/** Length of the body of the PDU whose header is at `at`, where there are at least `PDU_HEADER_SIZE` bytes. */
export function readPduLength(bytes: Uint8Array, at: number): number {
  return readU32(bytes, at + 2, false);
}

/**
 * The presentation data value at `at` of a P-DATA-TF body that ends at `bodyEnd`.
 *
 * @throws DicomError `network` if it is not complete before `bodyEnd`
 */
export function readPdv(bytes: Uint8Array, at: number, bodyEnd: number): Pdv {
  const length = at + 4 <= bodyEnd ? readU32(bytes, at, false) : 0;
  if (length < 2 || length > bodyEnd - at - 4) {
    throw new DicomError(
      "network",
      `Cannot read presentation data value: ${length} bytes, ${bodyEnd - at} remain`,
    );
  }
  const control = bytes[at + 5]!;
  return {
    contextId: bytes[at + 4]!,
    isCommand: (control & COMMAND) !== 0,
    isLast: (control & LAST) !== 0,
    start: at + 6,
    end: at + 4 + length,
  };
}

/** Writes the headers of a P-DATA-TF PDU of one value whose fragment is from `start` to `end`, just before it. */
export function writeDataHeader(bytes: Uint8Array, pdv: Pdv): void {
  const length = pdv.end - pdv.start;
  const at = pdv.start - DATA_HEADER_SIZE;
  bytes[at] = DATA_PDU_TYPE;
  bytes[at + 1] = 0;
  writeU32(bytes, at + 2, { value: length + 6, littleEndian: false });
  writeU32(bytes, at + 6, { value: length + 2, littleEndian: false });
  bytes[at + 10] = pdv.contextId;
  bytes[at + 11] = (pdv.isCommand ? COMMAND : 0) | (pdv.isLast ? LAST : 0);
}
