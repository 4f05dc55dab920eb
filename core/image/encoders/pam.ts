import type { ImageEncoder } from "../encoder.ts";
import type { Raster } from "../raster.ts";
import { bigEndian } from "./png.ts";

/** Netpbm's Portable Arbitrary Map; 16 bits are big endian. */
export const pam: ImageEncoder = { bits: [8, 16], encode: encodePam };

/** The file of an image. */
export function encodePam({ width, height, channels, samples }: Raster): Uint8Array {
  const header = new TextEncoder().encode(
    `P7\nWIDTH ${width}\nHEIGHT ${height}\nDEPTH ${channels}\n` +
      `MAXVAL ${samples instanceof Uint8Array ? 255 : 65535}\n` +
      `TUPLTYPE ${channels === 1 ? "GRAYSCALE" : "RGB"}\nENDHDR\n`,
  );
  const bytes = new Uint8Array(header.length + samples.byteLength);
  bytes.set(header);
  bytes.set(bigEndian(samples), header.length);
  return bytes;
}
