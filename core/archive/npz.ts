import { pipeline, Readable } from "node:stream";
import { crc32, createDeflateRaw } from "node:zlib";
import { ByteWriter } from "../bytes/writer.ts";
import { DicomError } from "../errors.ts";
import type { ArrayFile } from "./images.ts";

/** The name that NumPy, and so Orthanc, gives the first array. */
const NAME = new TextEncoder().encode("arr_0");
/** APPNOTE 4.4.4: sizes and checksum follow the data. */
const FLAGS = 0x0008;
const DEFLATED = 8;
/** 1 January 1980, for arrays have no date. */
const DATE = 0x0021;
const VERSION = 20;
/** Sizes that a file without ZIP64 cannot hold. */
const MAXIMUM_SIZE = 0xfffffffe;

/** What is known of an entry when all of it is written. */
interface Sizes {
  readonly crc: number;
  readonly compressed: number;
  readonly size: number;
}

/**
 * The array as NumPy's compressed format: a ZIP file with one deflated entry (PKWARE APPNOTE 6.3).
 *
 * @throws DicomError `too-large` for arrays of 4 GB and more
 */
export function npz(file: ArrayFile): AsyncGenerator<Uint8Array> {
  if (file.length <= MAXIMUM_SIZE) return entry(file);
  throw new DicomError("too-large", "Cannot compress array: it has 4 GB or more");
}

async function* entry({ bytes, length }: ArrayFile): AsyncGenerator<Uint8Array> {
  const local = new ByteWriter(true).u32(0x04034b50).slice(
    fields({ crc: 0, compressed: 0, size: 0 }),
  )
    .slice(NAME).take();
  yield local;
  let crc = 0;
  let compressed = 0;
  const counted = async function* () {
    for await (const piece of bytes) {
      crc = crc32(piece, crc);
      yield piece;
    }
  };
  // A failure of any part reaches the loop, as does its end all parts.
  const deflated = pipeline(Readable.from(counted()), createDeflateRaw({ level: 1 }), () => {});
  for await (const piece of deflated) {
    compressed += piece.length;
    yield piece;
  }
  yield ending(local.length, { crc, compressed, size: length });
}

/** APPNOTE 4.3.9, 4.3.12 and 4.3.16: data descriptor, central directory and its end. */
function ending(start: number, sizes: Sizes): Uint8Array {
  const { crc, compressed, size } = sizes;
  const central = new ByteWriter(true).u32(0x02014b50).u16(VERSION).slice(fields(sizes))
    .u16(0).u16(0).u16(0).u32(0).u32(0).slice(NAME).take();
  return new ByteWriter(true)
    .u32(0x08074b50).u32(crc).u32(compressed).u32(size)
    .slice(central)
    .u32(0x06054b50).u16(0).u16(0).u16(1).u16(1).u32(central.length)
    .u32(start + compressed + 16).u16(0)
    .take();
}

/** What local header and central directory have in common, up to the length of the extra field. */
function fields({ crc, compressed, size }: Sizes): Uint8Array {
  return new ByteWriter(true).u16(VERSION).u16(FLAGS).u16(DEFLATED).u16(0).u16(DATE)
    .u32(crc).u32(compressed).u32(size).u16(NAME.length).u16(0).take();
}
