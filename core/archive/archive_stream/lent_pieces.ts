import type { ByteSource } from "../../bytes/source.ts";
import { readRange } from "../../dicom/decode.ts";
import { DicomError } from "../../errors.ts";
import { MOST_HELD } from "../zip_writer.ts";

const PIECE = 262144;
/** More pieces than `zipArchive()` holds of two members, and the one that is being taken. */
const PIECES = 2 * (MOST_HELD / PIECE + 1) + 2;

/**
 * Reads files into memory that is used again and again: pieces are good until so many more have been read that the
 * archive has passed them on. Without it, each byte sent would wait in memory for the garbage collector.
 */
export class LentPieces {
  readonly #memory: Uint8Array[] = [];
  #next = 0;

  /** The bytes of `source` from `at`, in pieces of one size but the last. */
  async *read(source: ByteSource, at: number): AsyncGenerator<Uint8Array> {
    if (!source.readInto) return yield* readRange(source, at, source.size - at);
    while (at < source.size) {
      const memory = this.#take().subarray(0, source.size - at);
      for (let filled = 0; filled < memory.length;) {
        const count = await source.readInto(at + filled, memory.subarray(filled));
        if (count === 0) throw cutShort();
        filled += count;
      }
      yield memory;
      at += memory.length;
    }
  }

  #take(): Uint8Array {
    const index = this.#next;
    this.#next = (index + 1) % PIECES;
    return this.#memory[index] ??= new Uint8Array(PIECE);
  }
}

function cutShort(): DicomError {
  return new DicomError("corrupted-file", "Cannot archive file: it is cut short");
}
