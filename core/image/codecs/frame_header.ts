import { readU16 } from "../../bytes/numbers.ts";
import { DicomError } from "../../errors.ts";
import type { PixelDescription } from "../pixels.ts";

/** What a compressed frame says of itself. */
export interface FrameHeader {
  /** Whether each sample is what it was: lossless JPEG only. */
  readonly lossless?: boolean;
  readonly rows: number;
  readonly columns: number;
  readonly samplesPerPixel: number;
  /** Bits of a sample. */
  readonly precision: number;
}

/**
 * The frame header of JPEG and JPEG-LS (ITU-T T.81 Table B.2, T.87 Section C.2.2), found without decoding.
 *
 * @throws DicomError `bad-file` if there is none
 */
export function readJpegHeader(bytes: Uint8Array): FrameHeader {
  if (bytes[0] !== MARKER || bytes[1] !== START_OF_IMAGE) throw damaged("it is no JPEG");
  for (let at = 2; at + 9 < bytes.length;) {
    if (bytes[at] !== MARKER) throw damaged(`no marker stands at offset ${at}`);
    const marker = bytes[at + 1]!;
    if (marker === MARKER) at++; // a fill byte
    else if (isStartOfFrame(marker)) {
      return { ...startOfFrame(bytes, at + 4), lossless: isLossless(marker) };
    } else at += 2 + readU16(bytes, at + 2, false);
  }
  throw damaged("it has no frame header");
}

/** The size of a JPEG 2000 codestream, behind the boxes of a JP2 file where there are any (ITU-T T.800 Section A.5.1). */
export function readJpeg2000Header(bytes: Uint8Array): FrameHeader {
  const at = codestreamStart(bytes);
  if (at + 44 > bytes.length) throw damaged("its header is cut short");
  const view = new DataView(bytes.buffer, bytes.byteOffset + at, bytes.length - at);
  if (view.getUint32(0) !== SIZE_OF_IMAGE) throw damaged("it is no JPEG 2000 codestream");
  const span = (end: number) => view.getUint32(end) - view.getUint32(end + 8);
  return {
    columns: span(8),
    rows: span(12),
    samplesPerPixel: view.getUint16(40),
    precision: (view.getUint8(42) & 0x7f) + 1,
  };
}

/** @throws DicomError `bad-file` if the frame is not what the data set says, so that nothing else is allocated for it */
export function checkHeader(header: FrameHeader, description: PixelDescription): void {
  for (const field of ["rows", "columns", "samplesPerPixel"] as const) {
    if (header[field] === description[field]) continue;
    throw damaged(`its ${field} are ${header[field]}, not ${description[field]}`);
  }
  if (header.precision <= description.bitsAllocated) return;
  throw damaged(`its samples have ${header.precision} bits`);
}

const MARKER = 0xff;
const START_OF_IMAGE = 0xd8;
/** SOC and SIZ of a codestream. */
const SIZE_OF_IMAGE = 0xff4fff51;
const JP2_SIGNATURE = 0x0000000c;
/** Bytes before which the codestream of a JP2 file starts. */
const LONGEST_BOXES = 65536;

/** SOF0 to SOF15 without DHT, JPG and DAC, which lie among them; SOF55 of JPEG-LS. */
function isStartOfFrame(marker: number): boolean {
  if (marker === 0xf7) return true;
  return marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
}

/** SOF3, SOF7, SOF11 and SOF15. */
function isLossless(marker: number): boolean {
  return (marker & 0xf3) === 0xc3;
}

function startOfFrame(bytes: Uint8Array, at: number): FrameHeader {
  if (at + 6 > bytes.length) throw damaged("its frame header is cut short");
  return {
    precision: bytes[at]!,
    rows: readU16(bytes, at + 1, false),
    columns: readU16(bytes, at + 3, false),
    samplesPerPixel: bytes[at + 5]!,
  };
}

function codestreamStart(bytes: Uint8Array): number {
  if (bytes.length < 4) throw damaged("it is cut short");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (view.getUint32(0) !== JP2_SIGNATURE) return 0;
  const end = Math.min(bytes.length - 4, LONGEST_BOXES);
  for (let at = 12; at < end; at++) if (view.getUint32(at) === SIZE_OF_IMAGE) return at;
  throw damaged("it has no codestream");
}

function damaged(fact: string): DicomError {
  return new DicomError("bad-file", `Cannot decode frame: ${fact}`);
}
