import type { PixelDescription } from "./pixels.ts";

/** One frame, uncompressed. */
export interface DecodedFrame {
  /** As native Pixel Data of one frame has them: little endian, in the bits and planes of `description`. */
  readonly samples: Uint8Array;
  /** What the samples are, which decoding may have changed: photometric interpretation, planes, bits. */
  readonly description: PixelDescription;
}

/** One frame, compressed. */
export interface EncodedFrame {
  readonly bytes: Uint8Array;
  /** What data sets with such frames are to say of them. */
  readonly description: PixelDescription;
}

/** How to encode a frame. */
export interface EncodeOptions {
  /** Transfer syntax of the result. */
  readonly to: string;
  /** Quality of lossy JPEG and, by its meaning, of the other lossy codecs: 1 to 100. */
  readonly quality: number;
}

/** A codec of pixel data (PS3.5 Annex A); one for each family of transfer syntaxes. */
export interface PixelCodec {
  /**
   * @param encoded all bytes of one frame, its fragments joined
   * @throws DicomError `bad-file` if they are damaged or are not what `description` says;
   * `not-implemented` where the codec does not have this kind
   */
  decode(
    encoded: Uint8Array,
    description: PixelDescription,
  ): DecodedFrame | Promise<DecodedFrame>;
  /**
   * What frames become if they are encoded so; nothing is encoded.
   *
   * @throws DicomError `not-implemented` where such samples cannot be encoded so
   */
  plan?(description: PixelDescription, options: EncodeOptions): PixelDescription;
  /** @throws DicomError as `plan()` */
  encode?(frame: DecodedFrame, options: EncodeOptions): EncodedFrame | Promise<EncodedFrame>;
}
