import { createSlabs } from "../core/bytes/slabs.ts";
import { readFully } from "../core/dicom/decode.ts";
import { readFileMeta } from "../core/dicom/part10.ts";
import { DicomError } from "../core/errors.ts";
import type { OpenFile } from "../core/ports.ts";

/** Pieces that are read at once: a slice of 512 × 512 pixels with all that is before them, in bytes. */
const pieces = createSlabs(0xa0000, 8);

/**
 * The data set of a file as it is, in large pieces, each read while the one before is sent; a piece is good until the
 * next is asked for.
 *
 * @throws DicomError `bad-file` if it is no DICOM file, `corrupted-file` if it is cut short
 */
export async function* fileDataSet(file: OpenFile): AsyncGenerator<Uint8Array> {
  let [slab, other] = [pieces.take(), undefined as Uint8Array<ArrayBuffer> | undefined];
  let reading: Promise<Uint8Array> | undefined;
  try {
    let piece = await readPiece(file, 0, slab);
    let at = piece.length;
    piece = piece.subarray(readFileMeta(piece).dataSetOffset);
    while (at < file.size) {
      other ??= pieces.take();
      reading = readPiece(file, at, other);
      reading.catch(() => {}); // it is told when it is waited for, if ever
      yield piece;
      piece = await reading;
      at += piece.length;
      [slab, other] = [other, slab];
    }
    yield piece;
  } finally {
    await reading?.catch(() => {}); // it still writes there
    pieces.give(slab);
    if (other) pieces.give(other);
  }
}

/** As much from `at` as a slab holds, or as there is. */
async function readPiece(file: OpenFile, at: number, slab: Uint8Array): Promise<Uint8Array> {
  const length = Math.min(slab.length, file.size - at);
  if (!file.readInto) return await readFully(file, at, length);
  for (let filled = 0; filled < length;) {
    const count = await file.readInto(at + filled, slab.subarray(filled, length));
    if (count === 0) {
      throw new DicomError("corrupted-file", "Cannot read file: it is cut short");
    }
    filled += count;
  }
  return slab.subarray(0, length);
}
