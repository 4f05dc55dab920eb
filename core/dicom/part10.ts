import { readU16 } from "../bytes/numbers.ts";
import { DicomError } from "../errors.ts";
import { hasVr, readHeader, readTag } from "./element_header.ts";
import { formatTag, TAG, type Tag } from "./tag.ts";
import {
  type DataSetEncoding,
  EXPLICIT_BIG_ENDIAN,
  EXPLICIT_LITTLE_ENDIAN,
  findTransferSyntax,
  IMPLICIT_LITTLE_ENDIAN,
  type TransferSyntax,
} from "./transfer_syntax.ts";
import { type Vr, vrOf } from "./vr.ts";

/** The file meta information must lie within this many bytes of the start of a file. */
export const MAXIMUM_META_SIZE = 65536;

/** One element of group 0002. */
export interface MetaElement {
  readonly tag: Tag;
  /** `UN` where the element has none. */
  readonly vr: Vr;
  readonly bytes: Uint8Array;
}

/** What precedes the data set of a file (PS3.10 Section 7.1). */
export interface FileMeta {
  /** Empty when the file has no file meta information. */
  readonly elements: readonly MetaElement[];
  /** The declared or, failing that, detected transfer syntax. */
  readonly transferSyntaxUid: string;
  readonly deflated: boolean;
  /** How the data set is really encoded, which may differ from what the file declares. */
  readonly encoding: DataSetEncoding;
  /** Offset of the data set in the file. */
  readonly dataSetOffset: number;
}

/**
 * Reads preamble and file meta information; both may be missing.
 *
 * @param head the first bytes of the file: all, or at least `MAXIMUM_META_SIZE`
 * @throws DicomError `bad-file` if `head` starts neither with them nor with a data set
 */
export function readFileMeta(head: Uint8Array): FileMeta {
  const start = hasPreamble(head) ? 132 : 0;
  const { elements, end } = readMetaElements(head, start);
  if (start === 0 && elements.length === 0 && !looksLikeDataSet(head)) {
    throw badFile('neither "DICM" at offset 128 nor a data set at offset 0');
  }
  const uid = metaText(elements, TAG.transferSyntaxUid);
  const declared = uid === undefined ? undefined : findTransferSyntax(uid);
  const encoding = declared?.deflated ? declared : detectEncoding(head.subarray(end), declared);
  return {
    elements,
    transferSyntaxUid: uid ?? syntaxOf(encoding).uid,
    deflated: declared?.deflated ?? false,
    encoding: { explicitVr: encoding.explicitVr, littleEndian: encoding.littleEndian },
    dataSetOffset: end,
  };
}

/** Text of a file meta element without padding; undefined if absent or empty. */
export function metaText(elements: readonly MetaElement[], tag: Tag): string | undefined {
  const bytes = elements.find((element) => element.tag === tag)?.bytes;
  const text = bytes && String.fromCharCode(...bytes.subarray(0, 64)).replace(/[\0 ]+$/, "").trim();
  return text === "" ? undefined : text;
}

function hasPreamble(head: Uint8Array): boolean {
  return head.length >= 132 && head[128] === 0x44 && head[129] === 0x49 && head[130] === 0x43 &&
    head[131] === 0x4d;
}

/** Group 0002, always Explicit VR Little Endian; its end is the first other group. */
function readMetaElements(head: Uint8Array, start: number) {
  const elements: MetaElement[] = [];
  let at = start;
  while (at + 8 <= head.length && readU16(head, at, true) === 0x0002) {
    const tag = readTag(head, at, true);
    const header = readHeader(head, at, EXPLICIT_LITTLE_ENDIAN);
    if (!header) break;
    const { vr = "UN", length, size } = header;
    const valueAt = at + size;
    if (valueAt + length > head.length) {
      throw badFile(`${formatTag(tag)} of ${length} bytes exceeds the file meta information`);
    }
    const bytes = head.subarray(valueAt, valueAt + length);
    elements.push({ tag, vr, bytes });
    at = valueAt + length;
  }
  return { elements, end: at };
}

/** Whether a file without preamble may start with an element of the first groups of a data set. */
function looksLikeDataSet(head: Uint8Array): boolean {
  if (head.length < 8) return false;
  const group = Math.min(readU16(head, 0, true), readU16(head, 0, false));
  return group === 0x0008 || group === 0x0010;
}

/** Writers declare one encoding and use another: the first element shows which it is. */
function detectEncoding(
  dataSet: Uint8Array,
  declared: TransferSyntax | undefined,
): DataSetEncoding {
  if (dataSet.length < 8) return declared ?? IMPLICIT_LITTLE_ENDIAN;
  const explicitVr = declared?.explicitVr
    ? hasVr(dataSet, 0)
    : vrOf(dataSet[4]!, dataSet[5]!) !== undefined;
  return { explicitVr, littleEndian: isLittleEndian(dataSet, declared) };
}

/** The byte order that is declared, unless the first group is 0008 only in the other; else the smaller group. */
function isLittleEndian(dataSet: Uint8Array, declared: TransferSyntax | undefined): boolean {
  const little = readU16(dataSet, 0, true);
  const big = readU16(dataSet, 0, false);
  return declared && little !== 0x0008 && big !== 0x0008 ? declared.littleEndian : little <= big;
}

/** The uncompressed transfer syntax with this encoding. */
function syntaxOf({ explicitVr, littleEndian }: DataSetEncoding): TransferSyntax {
  if (!littleEndian) return EXPLICIT_BIG_ENDIAN;
  return explicitVr ? EXPLICIT_LITTLE_ENDIAN : IMPLICIT_LITTLE_ENDIAN;
}

function badFile(fact: string): DicomError {
  return new DicomError("bad-file", `Cannot read DICOM file: ${fact}`);
}
