import { DicomError } from "../errors.ts";
import type { DecodedFrame, PixelCodec } from "./codec.ts";
import { createHtJpeg2000, createJpeg2000 } from "./codecs/jpeg_2000.ts";
import { createJpeg } from "./codecs/jpeg.ts";
import { createJpegLs } from "./codecs/jpeg_ls.ts";
import { createNativeCodecs, type NativeCodecs } from "./codecs/native.ts";
import type { PixelDescription } from "./pixels.ts";
import { rle } from "./codecs/rle.ts";
import { bigEndian, littleEndian } from "./codecs/uncompressed.ts";

/** What is done in a transfer syntax. */
interface Row {
  readonly create: (native: NativeCodecs) => PixelCodec;
  /** Whether frames are also encoded so. */
  readonly encodes?: true;
  /** Lossy Image Compression Method (0028,2114) of frames that are encoded so (PS3.3 Section C.7.6.1.1.5.1). */
  readonly lossyMethod?: string;
}

const encapsulated = (suffix: string) => `1.2.840.10008.1.2.4.${suffix}`;

/** The codec of each transfer syntax; a new one is one file in `codecs/` and one line here. */
const CODECS: ReadonlyMap<string, Row> = new Map(Object.entries(
  {
    "1.2.840.10008.1.2": { create: () => littleEndian },
    "1.2.840.10008.1.2.1": { create: () => littleEndian },
    "1.2.840.10008.1.2.1.99": { create: () => littleEndian },
    "1.2.840.10008.1.2.2": { create: () => bigEndian },
    "1.2.840.10008.1.2.1.98": { create: () => littleEndian },
    "1.2.840.10008.1.2.5": { create: () => rle, encodes: true },
    [encapsulated("50")]: { create: createJpeg, encodes: true, lossyMethod: "ISO_10918_1" },
    [encapsulated("51")]: { create: createJpeg },
    [encapsulated("53")]: { create: createJpeg },
    [encapsulated("55")]: { create: createJpeg },
    [encapsulated("57")]: { create: createJpeg, encodes: true },
    [encapsulated("70")]: { create: createJpeg, encodes: true },
    [encapsulated("80")]: { create: createJpegLs, encodes: true },
    [encapsulated("81")]: { create: createJpegLs, encodes: true, lossyMethod: "ISO_14495_1" },
    [encapsulated("90")]: { create: createJpeg2000, encodes: true },
    [encapsulated("91")]: { create: createJpeg2000, encodes: true, lossyMethod: "ISO_15444_1" },
    [encapsulated("201")]: { create: createHtJpeg2000, encodes: true },
    [encapsulated("202")]: { create: createHtJpeg2000, encodes: true },
    [encapsulated("203")]: { create: createHtJpeg2000 },
  } satisfies Record<string, Row>,
));

/** Whether frames in this transfer syntax can be decoded, as far as that is known without looking at them. */
export function canDecode(transferSyntaxUid: string): boolean {
  return CODECS.has(transferSyntaxUid);
}

/** Whether frames can be encoded in this transfer syntax; uncompressed ones have nothing to encode. */
export function canEncode(transferSyntaxUid: string): boolean {
  return CODECS.get(transferSyntaxUid)?.encodes ?? false;
}

/** How data sets name the loss that encoding causes; undefined if there is none. */
export function lossyMethod(transferSyntaxUid: string): string | undefined {
  return CODECS.get(transferSyntaxUid)?.lossyMethod;
}

/** The codecs of one worker. */
export interface PixelCodecs {
  /** @throws DicomError `not-implemented` where there is none */
  of(transferSyntaxUid: string): PixelCodec;
  /** The samples of a frame, by the codec of its transfer syntax. @throws DicomError as `PixelCodec.decode()` */
  decode(encoded: Uint8Array, description: PixelDescription): Promise<DecodedFrame>;
  /** What the codecs that are not our own consist of. */
  readonly native: NativeCodecs;
}

/** Makes the codecs. @param module of `nativeCodecsModule()`; an instance is made when a codec needs it */
export function createCodecs(module: WebAssembly.Module): PixelCodecs {
  const native = createNativeCodecs(module);
  const of = (transferSyntaxUid: string): PixelCodec => {
    const row = CODECS.get(transferSyntaxUid);
    if (row) return row.create(native);
    const fact = `transfer syntax ${transferSyntaxUid} is not supported`;
    throw new DicomError("not-implemented", `Cannot decode frame: ${fact}`);
  };
  return {
    of,
    decode: async (encoded, description) =>
      await of(description.transferSyntaxUid).decode(encoded, description),
    native,
  };
}
