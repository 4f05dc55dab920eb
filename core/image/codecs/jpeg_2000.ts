import { DicomError } from "../../errors.ts";
import type { PixelCodec } from "../codec.ts";
import type { Photometric, PixelDescription } from "../pixels.ts";
import { checkHeader, readJpeg2000Header } from "./frame_header.ts";
import type { NativeCodecs } from "./native.ts";
import {
  cannotEncode,
  checkDecoded,
  checkEncodable,
  checkLossy,
  decodedDescription,
  interleave,
  nativeShape,
  usedBits,
  widen,
} from "./samples.ts";

/** How a transfer syntax is encoded. */
interface Variant {
  readonly family: "Jpeg2000" | "HtJpeg2000";
  readonly lossy?: boolean;
  readonly byResolution?: boolean;
}

const VARIANTS: Readonly<Record<string, Variant>> = {
  "1.2.840.10008.1.2.4.90": { family: "Jpeg2000" },
  "1.2.840.10008.1.2.4.91": { family: "Jpeg2000", lossy: true },
  "1.2.840.10008.1.2.4.201": { family: "HtJpeg2000" },
  "1.2.840.10008.1.2.4.202": { family: "HtJpeg2000", byResolution: true },
};

/** JPEG 2000 (ITU-T T.800, PS3.5 Section A.4.4). */
export function createJpeg2000(native: NativeCodecs): PixelCodec {
  return {
    decode: (encoded, description) => decode(native, "Jpeg2000", { encoded, description }),

    plan(description, { to }) {
      checkEncodable(description);
      const { family, lossy } = variantOf(to);
      if (lossy) checkLossy(description);
      checkColors(description);
      const { bitsAllocated, signed, photometric } = description;
      if (signed && bitsAllocated === 8 && family === "Jpeg2000") {
        throw cannotEncode("its samples are signed bytes");
      }
      return {
        ...description,
        planarConfiguration: 0,
        ...(photometric === "RGB" && { photometric: lossy ? "YBR_ICT" : "YBR_RCT" }),
        transferSyntaxUid: to,
      };
    },

    encode(frame, options) {
      const description = this.plan!(frame.description, options);
      const { family, lossy = false, byResolution = false } = variantOf(options.to);
      const { samples, description: from } = interleave(frame);
      const { bytes } = native.encode(family, samples, {
        shape: nativeShape(from, { bitsStored: usedBits(frame) }),
        parameters: {
          lossy,
          byResolution,
          rate: lossy ? rateOf(options.quality) : 0,
          colorTransform: from.photometric === "RGB",
        },
      });
      return { bytes, description };
    },
  };
}

/** High-Throughput JPEG 2000 (ITU-T T.814, PS3.5 Section A.4.13). */
export function createHtJpeg2000(native: NativeCodecs): PixelCodec {
  return {
    ...createJpeg2000(native),
    decode: (encoded, description) => decode(native, "HtJpeg2000", { encoded, description }),
  };
}

function decode(
  native: NativeCodecs,
  family: Variant["family"],
  { encoded, description }: {
    readonly encoded: Uint8Array;
    readonly description: PixelDescription;
  },
) {
  const header = readJpeg2000Header(encoded);
  checkHeader(header, description);
  if (family === "Jpeg2000") checkColors(description);
  const { bytes } = native.decode(family, encoded, { shape: nativeShape(description) });
  const { photometric, bitsAllocated, signed } = description;
  const isWider = bitsAllocated === 16 && header.precision <= 8;
  return checkDecoded(isWider ? widen(bytes, signed) : bytes, {
    ...decodedDescription(description),
    planarConfiguration: 0,
    ...(TRANSFORMED.includes(photometric) && { photometric: "RGB" }),
  });
}

/** What decoders turn back into RGB (PS3.3 Section C.7.6.3.1.2). */
const TRANSFORMED: readonly Photometric[] = ["YBR_RCT", "YBR_ICT"];

/** The package mixes up the samples of 16 bits if a pixel has several. @throws DicomError `not-implemented` for these */
function checkColors({ samplesPerPixel, bitsAllocated }: PixelDescription): void {
  if (samplesPerPixel === 1 || bitsAllocated === 8) return;
  throw new DicomError("not-implemented", "Cannot use JPEG 2000: colours have 16 bits");
}

function variantOf(to: string): Variant {
  const variant = VARIANTS[to];
  if (!variant) throw cannotEncode(`transfer syntax ${to} is only read`);
  return variant;
}

/** How many times smaller: 11 at quality 90. */
function rateOf(quality: number): number {
  return Math.max(2, 101 - quality);
}
