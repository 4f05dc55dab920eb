import type { DecodedFrame } from "../codec.ts";
import type { PixelCodecs } from "../codecs.ts";
import type { PixelDescription } from "../pixels.ts";

/** One frame as it is in a file. */
export interface FrameInput {
  /** All bytes of the frame, its fragments joined. */
  readonly encoded: Uint8Array;
  readonly description: PixelDescription;
}

/** The samples of a frame. @throws DicomError as `PixelCodec.decode()` */
export function decodeTask(
  { encoded, description }: FrameInput,
  codecs: PixelCodecs,
): Promise<DecodedFrame> {
  return codecs.decode(encoded, description);
}
