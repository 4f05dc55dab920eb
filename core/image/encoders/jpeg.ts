import type { ImageEncoder } from "../encoder.ts";

/** Baseline JPEG (ISO/IEC 10918-1) of 8 bits; colours as YCbCr with full chrominance. */
export const jpeg: ImageEncoder = {
  bits: [8],

  encode({ width, height, channels, samples }, { quality, native }) {
    const { bytes } = native.encode("Jpeg", samples as Uint8Array, {
      shape: {
        columns: width,
        rows: height,
        samplesPerPixel: channels,
        bitsAllocated: 8,
        bitsStored: 8,
        signed: false,
        planarConfiguration: 0,
        photometric: channels === 1 ? "MONOCHROME2" : "RGB",
      },
      parameters: { lossy: true, quality },
    });
    return bytes;
  },
};
