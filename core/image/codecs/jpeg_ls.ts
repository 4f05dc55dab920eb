import type { PixelCodec } from "../codec.ts";
import { checkHeader, readJpegHeader } from "./frame_header.ts";
import type { NativeCodecs } from "./native.ts";
import {
  checkDecoded,
  checkEncodable,
  checkLossy,
  decodedDescription,
  interleave,
  nativeShape,
  unsignedPrecision,
  widen,
} from "./samples.ts";

const NEAR_LOSSLESS = "1.2.840.10008.1.2.4.81";

/** JPEG-LS (ITU-T T.87, PS3.5 Section A.4.3). */
export function createJpegLs(native: NativeCodecs): PixelCodec {
  return {
    decode(encoded, description) {
      const header = readJpegHeader(encoded);
      checkHeader(header, description);
      const bitsAllocated = header.precision <= 8 ? 8 : 16;
      const shape = nativeShape(description, { bitsAllocated, bitsStored: header.precision });
      const { bytes } = native.decode("JpegLs", encoded, { shape });
      const isWider = description.bitsAllocated > bitsAllocated;
      return checkDecoded(isWider ? widen(bytes, description.signed) : bytes, {
        ...decodedDescription(description),
        planarConfiguration: 0,
      });
    },

    plan(description, { to }) {
      checkEncodable(description);
      if (to === NEAR_LOSSLESS) checkLossy(description);
      return { ...description, planarConfiguration: 0, transferSyntaxUid: to };
    },

    encode(frame, options) {
      const description = this.plan!(frame.description, options);
      const { samples } = interleave(frame);
      const { bytes } = native.encode("JpegLs", samples, {
        shape: nativeShape(description, { signed: false, bitsStored: unsignedPrecision(frame) }),
        parameters: options.to === NEAR_LOSSLESS
          ? { lossy: true, allowedError: allowedError(options.quality) }
          : { lossy: false },
      });
      return { bytes, description };
    },
  };
}

/** How much a sample may differ: 2 at quality 90, as DCMTK has it without one. */
function allowedError(quality: number): number {
  return Math.max(1, Math.round((100 - quality) / 5));
}
