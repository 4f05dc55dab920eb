import { EXPLICIT_LITTLE_ENDIAN } from "../../dicom/transfer_syntax.ts";
import type { ImageEncoder } from "../encoder.ts";
import type { Raster } from "../raster.ts";
import type { PixelDescription } from "../pixels.ts";

/** JPEG Baseline (Process 1), of which frames are JPEG files. */
const JPEG_BASELINE = "1.2.840.10008.1.2.4.50";

/** Baseline JPEG (ISO/IEC 10918-1) of 8 bits. */
export const jpeg: ImageEncoder = {
  bits: [8],

  async encode(raster, { quality, codecs }) {
    const frame = { samples: new Uint8Array(raster.samples), description: describe(raster) };
    const { bytes } = await codecs.of(JPEG_BASELINE).encode!(frame, { to: JPEG_BASELINE, quality });
    return bytes;
  },
};

function describe({ width, height, channels }: Raster): PixelDescription {
  return {
    rows: height,
    columns: width,
    samplesPerPixel: channels,
    bitsAllocated: 8,
    bitsStored: 8,
    highBit: 7,
    signed: false,
    photometric: channels === 1 ? "MONOCHROME2" : "RGB",
    planarConfiguration: 0,
    numberOfFrames: 1,
    sampleKind: "integer",
    transferSyntaxUid: EXPLICIT_LITTLE_ENDIAN.uid,
  };
}
