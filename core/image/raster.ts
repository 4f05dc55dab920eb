/** An image ready to be encoded: gray, or red, green and blue for each pixel. */
export interface Raster {
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3;
  /** 8 bits each, or 16; negative numbers of 16 bits as their two's complement. */
  readonly samples: Uint8Array | Uint16Array;
}
