import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { type ByteSource, memorySource } from "../../bytes/source.ts";
import { DicomError } from "../../errors.ts";
import { MOST_HELD, zipArchive, type ZipMember } from "../zip_writer.ts";
import { LentPieces } from "./lent_pieces.ts";

/** Bytes that differ from place to place and from seed to seed; read at most 100,000 at a time. */
function sourceOf(size: number, seed: number): ByteSource {
  const bytes = new Uint8Array(size).map((_, at) => (at >> 10) * 31 + seed);
  return {
    ...memorySource(bytes),
    readInto(at, target) {
      const part = bytes.subarray(at, at + Math.min(target.length, 100_000));
      target.set(part);
      return Promise.resolve(part.length);
    },
  };
}

const SIZES = [MOST_HELD, MOST_HELD, 10, 0, 3 * MOST_HELD, MOST_HELD - 1, 600_000];

async function digestOfArchive(read: (source: ByteSource) => AsyncIterable<Uint8Array>) {
  async function* members(): AsyncGenerator<ZipMember> {
    for (const [seed, size] of SIZES.entries()) {
      yield { name: `${seed}`, size, bytes: read(sourceOf(size, seed)) };
    }
  }
  const hash = createHash("sha256");
  const archive = zipArchive(members(), { comment: "", modifiedAt: 0 });
  for await (const piece of archive) hash.update(piece);
  return hash.digest("hex");
}

Deno.test("LentPieces are good until the archive has passed them on", async () => {
  const lent = new LentPieces();
  const plain = async function* (source: ByteSource) {
    yield await source.read(0, source.size);
  };
  assert.equal(
    await digestOfArchive((source) => lent.read(source, 0)),
    await digestOfArchive(plain),
  );
});

Deno.test("LentPieces end with a file that is cut short", async () => {
  const source = { ...sourceOf(10, 1), readInto: () => Promise.resolve(0) };
  await assert.rejects(
    Array.fromAsync(new LentPieces().read(source, 0)),
    (error) => error instanceof DicomError && error.code === "corrupted-file",
  );
});
