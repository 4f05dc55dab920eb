import { Buffer } from "node:buffer";
import { deflateRawSync } from "node:zlib";
import { elementOf, groupOf, TAG, type Tag } from "../../core/dicom/tag.ts";
import {
  type DataSetEncoding,
  EXPLICIT_LITTLE_ENDIAN,
  findTransferSyntax,
  IMPLICIT_LITTLE_ENDIAN,
} from "../../core/dicom/transfer_syntax.ts";
import { type Vr, vrInfo } from "../../core/dicom/vr.ts";

/** A part of a data set, to be written in any encoding. */
export type Piece = (encoding: DataSetEncoding) => Buffer;

/** Text, one byte for each character; numbers as the VR has them; or the bytes themselves. */
export type Value = string | readonly (number | bigint)[] | Uint8Array;

/** Where an element is written otherwise than the standard wants. */
export interface ElementOptions {
  /** Written instead of the true length. */
  readonly length?: number;
  /** Leaves a value of odd length as it is. */
  readonly odd?: boolean;
}

/** How the end of a sequence or item is marked. */
export interface Delimited {
  /** By a delimiter instead of a length. */
  readonly undefinedLength?: boolean;
  /** Adds the delimiter even so. */
  readonly superfluous?: boolean;
}

const UNDEFINED_LENGTH = 0xffffffff;
const NOTHING = Buffer.alloc(0);

/** A data element (PS3.5 Section 7.1). */
export function element(tag: Tag, vr: Vr, value: Value = "", options: ElementOptions = {}): Piece {
  return (encoding) => {
    const bytes = valueBytes(vr, value, encoding.littleEndian);
    const padding = bytes.length % 2 === 1 && !options.odd ? [vrInfo(vr).padding] : [];
    const length = options.length ?? bytes.length + padding.length;
    return Buffer.concat([header({ tag, vr, length }, encoding), bytes, Buffer.from(padding)]);
  };
}

/** A sequence of items (PS3.5 Section 7.5); the content of UN is Implicit VR Little Endian. */
export function sequence(
  tag: Tag,
  items: readonly Piece[],
  { vr = "SQ", ...delimited }: Delimited & { readonly vr?: Vr } = {},
): Piece {
  return (encoding) => {
    const inner = vr === "UN" ? IMPLICIT_LITTLE_ENDIAN : encoding;
    const end = delimiter(TAG.sequenceDelimitation, delimited, inner);
    const content = Buffer.concat([dataSet(items, inner), end]);
    const length = delimited.undefinedLength ? UNDEFINED_LENGTH : content.length;
    return Buffer.concat([header({ tag, vr, length }, encoding), content]);
  };
}

/** An item of a sequence (PS3.5 Section 7.5). */
export function item(pieces: readonly Piece[], delimited: Delimited = {}): Piece {
  return (encoding) => {
    const end = delimiter(TAG.itemDelimitation, delimited, encoding);
    const content = Buffer.concat([dataSet(pieces, encoding), end]);
    const length = delimited.undefinedLength ? UNDEFINED_LENGTH : content.length;
    return Buffer.concat([marker(TAG.item, length, encoding), content]);
  };
}

/** Encapsulated Pixel Data; the first fragment is the offset table (PS3.5 Section A.4). */
export function fragments(parts: readonly Uint8Array[], vr: "OB" | "OW" = "OB"): Piece {
  return (encoding) =>
    Buffer.concat([
      header({ tag: TAG.pixelData, vr, length: UNDEFINED_LENGTH }, encoding),
      ...parts.flatMap((part) => [marker(TAG.item, part.length, encoding), part]),
      marker(TAG.sequenceDelimitation, 0, encoding),
    ]);
}

/** Bytes that are the same in every encoding. */
export function raw(bytes: Uint8Array | readonly number[]): Piece {
  return () => Buffer.from(bytes);
}

/** An item or delimiter without content. */
export function marker(tag: Tag, length: number, { littleEndian }: DataSetEncoding): Buffer {
  return Buffer.concat([tagBytes(tag, littleEndian), numberBytes("uint32", length, littleEndian)]);
}

/** The bytes of a data set. */
export function dataSet(pieces: readonly Piece[], encoding: DataSetEncoding): Buffer {
  return Buffer.concat(pieces.map((piece) => piece(encoding)));
}

/** Offsets in the data set at which a piece ends. */
export function boundaries(pieces: readonly Piece[], encoding: DataSetEncoding): number[] {
  let end = 0;
  return pieces.map((piece) => end += piece(encoding).length);
}

/** A file to be written. */
export interface FileDescription {
  readonly pieces: readonly Piece[];
  /** Declared transfer syntax; Explicit VR Little Endian by default, null for none. */
  readonly syntax?: string | null;
  /** The real encoding, where it is not the declared one. */
  readonly encoding?: DataSetEncoding;
  /** Whether the 128 bytes and "DICM" are there; they are by default. */
  readonly preamble?: boolean;
  /** Whether group 0002 is there; it is by default. */
  readonly meta?: boolean;
  /** Written as (0002,0000) instead of the true length; null for none. */
  readonly groupLength?: number | null;
  /** What group 0002 says of the instance. */
  readonly instance?: Pick<SmallInstance, "sopClassUid" | "sopInstanceUid">;
}

/** A DICOM file (PS3.10 Section 7.1), or what a careless writer makes of one. */
export function part10(file: FileDescription): Uint8Array<ArrayBuffer> {
  const { pieces, syntax = EXPLICIT_LITTLE_ENDIAN.uid, preamble = true } = file;
  const declared = syntax === null ? undefined : findTransferSyntax(syntax);
  const encoding = file.encoding ?? declared ?? EXPLICIT_LITTLE_ENDIAN;
  const bytes = dataSet(pieces, encoding);
  return Uint8Array.from(Buffer.concat([
    preamble ? Buffer.concat([Buffer.alloc(128), Buffer.from("DICM")]) : NOTHING,
    metaBytes(file, syntax),
    declared?.deflated ? deflateRawSync(bytes) : bytes,
  ]));
}

function metaBytes(file: FileDescription, syntax: string | null): Buffer {
  const { meta = true, groupLength, instance = { sopInstanceUid: "1.2.3.4.5" } } = file;
  if (!meta) return NOTHING;
  const rest = dataSet([
    element(0x00020001, "OB", Uint8Array.of(0, 1)),
    element(TAG.mediaStorageSopClassUid, "UI", instance.sopClassUid ?? SECONDARY_CAPTURE),
    element(TAG.mediaStorageSopInstanceUid, "UI", instance.sopInstanceUid),
    ...(syntax === null ? [] : [element(TAG.transferSyntaxUid, "UI", syntax)]),
  ], EXPLICIT_LITTLE_ENDIAN);
  if (groupLength === null) return rest;
  const length = element(TAG.fileMetaGroupLength, "UL", [groupLength ?? rest.length]);
  return Buffer.concat([length(EXPLICIT_LITTLE_ENDIAN), rest]);
}

/** What differs between the instances of a test. */
export interface SmallInstance {
  readonly patientId?: string;
  readonly studyInstanceUid?: string;
  readonly seriesInstanceUid?: string;
  readonly sopInstanceUid: string;
  /** Of Secondary Capture unless given. */
  readonly sopClassUid?: string;
  /** Bytes of Pixel Data; must be even. */
  readonly pixelBytes?: number;
  /** Whether preamble and file meta information are left out. */
  readonly bare?: boolean;
}

const SECONDARY_CAPTURE = "1.2.840.10008.5.1.4.1.1.7";

/** A small DICOM file in Explicit VR Little Endian. */
export function dicomFile(instance: SmallInstance): Uint8Array<ArrayBuffer> {
  return part10({
    preamble: !instance.bare,
    meta: !instance.bare,
    instance,
    pieces: [
      element(TAG.sopClassUid, "UI", instance.sopClassUid ?? SECONDARY_CAPTURE),
      element(TAG.sopInstanceUid, "UI", instance.sopInstanceUid),
      element(TAG.patientId, "LO", instance.patientId ?? "P1"),
      element(TAG.studyInstanceUid, "UI", instance.studyInstanceUid ?? "1.2.3"),
      element(TAG.seriesInstanceUid, "UI", instance.seriesInstanceUid ?? "1.2.3.4"),
      element(TAG.pixelData, "OB", new Uint8Array(instance.pixelBytes ?? 64)),
    ],
  });
}

function header(
  { tag, vr, length }: { tag: Tag; vr: Vr; length: number },
  { explicitVr, littleEndian }: DataSetEncoding,
): Buffer {
  const start = tagBytes(tag, littleEndian);
  const long = (kind: "uint16" | "uint32") => numberBytes(kind, length, littleEndian);
  if (!explicitVr) return Buffer.concat([start, long("uint32")]);
  return vrInfo(vr).longLength
    ? Buffer.concat([start, Buffer.from(`${vr}\0\0`), long("uint32")])
    : Buffer.concat([start, Buffer.from(vr), long("uint16")]);
}

function delimiter(
  tag: Tag,
  { undefinedLength, superfluous }: Delimited,
  encoding: DataSetEncoding,
): Buffer {
  return undefinedLength || superfluous ? marker(tag, 0, encoding) : NOTHING;
}

function tagBytes(tag: Tag, littleEndian: boolean): Buffer {
  return Buffer.concat([
    numberBytes("uint16", groupOf(tag), littleEndian),
    numberBytes("uint16", elementOf(tag), littleEndian),
  ]);
}

function valueBytes(vr: Vr, value: Value, littleEndian: boolean): Buffer {
  if (typeof value === "string") return Buffer.from(value, "latin1");
  if (value instanceof Uint8Array) return Buffer.from(value);
  const { kind } = vrInfo(vr);
  const write = (number: number | bigint) =>
    kind === "tag"
      ? tagBytes(Number(number), littleEndian)
      : numberBytes(kind as NumberKind, number, littleEndian); // a VR of numbers, or the test is wrong
  return Buffer.concat(value.map(write));
}

type WriteNumber = (view: DataView, value: number | bigint, littleEndian: boolean) => void;

const NUMBERS = {
  uint16: [2, (view, value, little) => view.setUint16(0, Number(value), little)],
  int16: [2, (view, value, little) => view.setInt16(0, Number(value), little)],
  uint32: [4, (view, value, little) => view.setUint32(0, Number(value), little)],
  int32: [4, (view, value, little) => view.setInt32(0, Number(value), little)],
  uint64: [8, (view, value, little) => view.setBigUint64(0, BigInt(value), little)],
  int64: [8, (view, value, little) => view.setBigInt64(0, BigInt(value), little)],
  float32: [4, (view, value, little) => view.setFloat32(0, Number(value), little)],
  float64: [8, (view, value, little) => view.setFloat64(0, Number(value), little)],
} as const satisfies Record<string, readonly [size: number, write: WriteNumber]>;

type NumberKind = keyof typeof NUMBERS;

function numberBytes(kind: NumberKind, value: number | bigint, littleEndian: boolean): Buffer {
  const [size, write] = NUMBERS[kind];
  const bytes = Buffer.alloc(size);
  write(new DataView(bytes.buffer, bytes.byteOffset, size), value, littleEndian);
  return bytes;
}
