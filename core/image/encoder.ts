import type { Raster } from "./raster.ts";

/** How to encode. */
export interface EncodingOptions {
  /** Of JPEG: 1 to 100. */
  readonly quality: number;
}

/** Writes images in one format. */
export interface ImageEncoder {
  /** Bits that a sample may have. */
  readonly bits: readonly (8 | 16)[];
  encode(raster: Raster, options: EncodingOptions): Uint8Array;
}
