import type { ByteSource } from "../../bytes/source.ts";
import { readRange } from "../../dicom/decode.ts";
import { DicomError } from "../../errors.ts";
import { MOST_HELD } from "../zip_writer.ts";

const PIECE = 262144;
/** More pieces than `zipArchive()` holds of a member, and the one that is being taken. */
const PIECES = MOST_HELD / PIECE + 1 + 2;

/**
 * Reads files into memory that is used again and again: pieces are good until so many more of their file have been
 * read that the archive has passed them on, or until the file after the next begins. Without it, each byte sent
 * would wait in memory for the garbage collector.
 */
export class LentPieces {
  /** For the file that is sent, and the one that is read ahead, by turns. */
  readonly #halves: readonly Uint8Array[][] = [[], []];
  #files = 0;

  /** The bytes of `source` from `at`, in pieces of one size but the last. */
  async *read(source: ByteSource, at: number): AsyncGenerator<Uint8Array> {
    if (!source.readInto) return yield* readRange(source, at, source.size - at);
    const half = this.#halves[this.#files++ % 2]!;
    for (let count = 0; at < source.size; count++) {
      const memory = (half[count % PIECES] ??= new Uint8Array(PIECE)).subarray(0, source.size - at);
      for (let filled = 0; filled < memory.length;) {
        const read = await source.readInto(at + filled, memory.subarray(filled));
        if (read === 0) throw cutShort();
        filled += read;
      }
      yield memory;
      at += memory.length;
    }
  }
}

function cutShort(): DicomError {
  return new DicomError("corrupted-file", "Cannot archive file: it is cut short");
}
