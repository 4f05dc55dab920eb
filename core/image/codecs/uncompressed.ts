import { DicomError } from "../../errors.ts";
import type { PixelCodec } from "../codec.ts";
import { frameBytes } from "../pixels.ts";

/** Pixels as they are, in little endian (PS3.5 Sections A.1, A.2 and A.5). */
export const littleEndian: PixelCodec = {
  decode(encoded, description) {
    const needed = frameBytes(description);
    if (encoded.length < needed) {
      const fact = `${needed} bytes are described and ${encoded.length} are there`;
      throw new DicomError("bad-file", `Cannot read frame: ${fact}`);
    }
    return { samples: encoded.subarray(0, needed), description };
  },
};

/** Pixels as they are, the bytes of each sample in reverse (PS3.5 Section A.3). */
export const bigEndian: PixelCodec = {
  async decode(encoded, description) {
    const { samples } = await littleEndian.decode(encoded, description);
    const unit = Math.max(1, description.bitsAllocated / 8);
    const turned = new Uint8Array(samples.length);
    for (let at = 0; at + unit <= samples.length; at += unit) {
      for (let byte = 0; byte < unit; byte++) turned[at + byte] = samples[at + unit - 1 - byte]!;
    }
    return { samples: turned, description };
  },
};
