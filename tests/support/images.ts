import type { ByteSource } from "../../core/bytes/source.ts";
import { openPixelFile, type Wanted } from "../../core/image/pixel_file.ts";
import type { PixelFile } from "../../core/image/frames.ts";
import type { PixelDescription } from "../../core/image/pixels.ts";
import { TAG } from "../../core/dicom/tag.ts";
import { defaultCharacterSets } from "../../core/dicom/charset.ts";
import { EXPLICIT_LITTLE_ENDIAN } from "../../core/dicom/transfer_syntax.ts";
import { element, fragments, part10, type Piece } from "./dicom.ts";

/** What a test says of an image; the rest is one gray frame of 8 bits. */
export interface ImageFile {
  readonly rows?: number;
  readonly columns?: number;
  readonly samples?: number;
  readonly bits?: number;
  readonly stored?: number;
  readonly highBit?: number;
  readonly signed?: boolean;
  readonly photometric?: string;
  readonly planar?: number;
  readonly frames?: number;
  /** Native pixels, or all fragments with the offset table first. */
  readonly pixels: Uint8Array | readonly Uint8Array[];
  readonly vr?: "OB" | "OW";
  readonly syntax?: string;
  /** SOP Instance UID. */
  readonly uid?: string;
  /** Further elements, in their place before Pixel Data. */
  readonly more?: readonly Piece[];
}

/** A DICOM file with an image. */
export function imageFile(image: ImageFile): Uint8Array<ArrayBuffer> {
  const { bits = 8, pixels, vr = bits > 8 ? "OW" : "OB" } = image;
  const { stored = bits, uid = "1.2.3.4.5" } = image;
  return part10({
    syntax: image.syntax ?? EXPLICIT_LITTLE_ENDIAN.uid,
    pieces: [
      element(TAG.sopClassUid, "UI", "1.2.840.10008.5.1.4.1.1.7"),
      element(TAG.sopInstanceUid, "UI", uid),
      element(TAG.patientId, "LO", "P1"),
      element(TAG.studyInstanceUid, "UI", "1.2.3"),
      element(TAG.seriesInstanceUid, "UI", "1.2.3.4"),
      element(0x00280002, "US", [image.samples ?? 1]),
      element(0x00280004, "CS", image.photometric ?? "MONOCHROME2"),
      element(0x00280006, "US", [image.planar ?? 0]),
      ...(image.frames === undefined ? [] : [element(0x00280008, "IS", String(image.frames))]),
      element(0x00280010, "US", [image.rows ?? 1]),
      element(0x00280011, "US", [image.columns ?? 1]),
      element(0x00280100, "US", [bits]),
      element(0x00280101, "US", [stored]),
      element(0x00280102, "US", [image.highBit ?? stored - 1]),
      element(0x00280103, "US", [image.signed ? 1 : 0]),
      ...(image.more ?? []),
      pixels instanceof Uint8Array ? element(TAG.pixelData, vr, pixels) : fragments(pixels),
    ],
  });
}

/** Opens a file as the server does. */
export function openImage(source: ByteSource, wanted: Wanted = "meaning"): Promise<PixelFile> {
  const defaultSets = defaultCharacterSets("Latin1");
  return openPixelFile(source, { wanted, defaultSets, maximumInflated: 2 ** 24 });
}

/** One gray pixel of 8 bits, unless told otherwise. */
export function describe(changes: Partial<PixelDescription> = {}): PixelDescription {
  return {
    rows: 1,
    columns: 1,
    samplesPerPixel: 1,
    bitsAllocated: 8,
    bitsStored: changes.bitsAllocated ?? 8,
    highBit: (changes.bitsStored ?? changes.bitsAllocated ?? 8) - 1,
    signed: false,
    photometric: "MONOCHROME2",
    planarConfiguration: 0,
    numberOfFrames: 1,
    sampleKind: "integer",
    transferSyntaxUid: EXPLICIT_LITTLE_ENDIAN.uid,
    ...changes,
  };
}
