import type { PixelCodecs } from "./codecs.ts";
import type { Raster } from "./raster.ts";

/** How to encode, and with what. */
export interface EncodingOptions {
  /** Of JPEG: 1 to 100. */
  readonly quality: number;
  /** Formats that are those of frames too are written by their codecs. */
  readonly codecs: PixelCodecs;
}

/** Writes images in one format. */
export interface ImageEncoder {
  /** Bits that a sample may have. */
  readonly bits: readonly (8 | 16)[];
  encode(raster: Raster, options: EncodingOptions): Uint8Array | Promise<Uint8Array>;
}
