import type { EncodedFrame, EncodeOptions } from "../codec.ts";
import { canEncode, type PixelCodecs } from "../codecs.ts";
import type { FrameInput } from "./decode.ts";

/** One frame in another transfer syntax; native little endian if `to` is uncompressed. @throws DicomError as the codecs do */
export async function transcodeTask(
  { encoded, description, to, quality }: FrameInput & EncodeOptions,
  codecs: PixelCodecs,
): Promise<EncodedFrame> {
  const decoded = await codecs.decode(encoded, description);
  if (!canEncode(to)) return { bytes: decoded.samples, description: decoded.description };
  return await codecs.of(to).encode!(decoded, { to, quality });
}
