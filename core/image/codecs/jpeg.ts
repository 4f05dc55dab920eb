import type { PixelCodec } from "../codec.ts";
import type { Photometric, PixelDescription } from "../pixels.ts";
import { checkHeader, readJpegHeader } from "./frame_header.ts";
import type { NativeCodecs } from "./native.ts";
import {
  cannotEncode,
  checkDecoded,
  checkEncodable,
  decodedDescription,
  interleave,
  narrow,
  nativeShape,
  unsignedPrecision,
  widen,
} from "./samples.ts";

/** JPEG Baseline, which is lossy; the others that are encoded are lossless. */
const BASELINE = "1.2.840.10008.1.2.4.50";

/** JPEG (ITU-T T.81, PS3.5 Section A.4.1); lossy with 8 or 12 bits, lossless up to 16. Lossy YBR becomes RGB, as DCMTK has it. */
export function createJpeg(native: NativeCodecs): PixelCodec {
  return {
    decode(encoded, description) {
      const header = readJpegHeader(encoded);
      checkHeader(header, description);
      const bitsAllocated = header.precision <= 8 ? 8 : 16;
      const toRgb = !header.lossless && isYbr(description);
      const shape = nativeShape(description, { bitsAllocated, bitsStored: header.precision });
      const { bytes } = native.decode("Jpeg", encoded, { shape, toRgb });
      const isWider = description.bitsAllocated > bitsAllocated;
      return checkDecoded(isWider ? widen(bytes, description.signed) : bytes, {
        ...decodedDescription(description),
        planarConfiguration: 0,
        ...(toRgb && { photometric: "RGB" }),
      });
    },

    plan(description, { to }) {
      checkEncodable(description);
      return to === BASELINE ? baselineDescription(description, to) : lossless(description, to);
    },

    encode(frame, options) {
      const description = this.plan!(frame.description, options);
      const isLossy = options.to === BASELINE;
      const { samples, description: from } = interleave(frame);
      const isNarrowed = description.bitsAllocated < from.bitsAllocated;
      const shape = nativeShape(from, {
        signed: false,
        bitsAllocated: description.bitsAllocated,
        bitsStored: isLossy ? 8 : unsignedPrecision(frame),
      });
      const { bytes } = native.encode("Jpeg", isNarrowed ? narrow(samples) : samples, {
        shape,
        parameters: { lossy: isLossy, quality: options.quality },
      });
      return { bytes, description };
    },
  };
}

function isYbr({ photometric }: PixelDescription): boolean {
  return photometric.startsWith("YBR_");
}

function lossless(description: PixelDescription, to: string): PixelDescription {
  return { ...description, planarConfiguration: 0, transferSyntaxUid: to };
}

/** What a lossy frame is called; its samples are 8 bits, and RGB is encoded as YBR (PS3.5 Section 8.2.1). */
const LOSSY_PHOTOMETRIC: Partial<Record<Photometric, Photometric>> = {
  MONOCHROME1: "MONOCHROME1",
  MONOCHROME2: "MONOCHROME2",
  RGB: "YBR_FULL",
  YBR_FULL: "YBR_FULL",
};

function baselineDescription(description: PixelDescription, to: string): PixelDescription {
  const { bitsStored, highBit, signed, photometric } = description;
  const encodedAs = LOSSY_PHOTOMETRIC[photometric];
  if (!encodedAs) throw cannotEncode(`it is ${photometric}`);
  if (signed) throw cannotEncode("its samples are signed");
  if (bitsStored > 8 || highBit > 7) throw cannotEncode(`${bitsStored} bits are stored`);
  return { ...lossless(description, to), bitsAllocated: 8, photometric: encodedAs };
}
