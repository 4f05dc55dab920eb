import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { memorySource } from "../core/bytes/source.ts";
import { readFileMeta } from "../core/dicom/part10.ts";
import type { OpenFile } from "../core/ports.ts";
import { instanceFile } from "../tests/support/instances.ts";
import { fileDataSet } from "./file_data_set.ts";

const SIZES = [4, 600_000, 655_000, 1_400_000, 2_100_000];

/** A file that reads at most `most` bytes at once, as far as `end`, into memory of the caller's. */
function fileOf(bytes: Uint8Array, { most = Infinity, end = bytes.length } = {}): OpenFile {
  return {
    ...memorySource(bytes),
    readInto(at, target) {
      const piece = bytes.subarray(at, Math.min(end, at + Math.min(most, target.length)));
      target.set(piece);
      return Promise.resolve(piece.length);
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

function withPixels(size: number): Uint8Array {
  return instanceFile({ PixelData: Uint8Array.from({ length: size }, (_, index) => index * 7) });
}

/** Copies: a piece is good until the next is asked for. */
async function copied(file: OpenFile): Promise<Buffer> {
  return Buffer.concat(await Array.fromAsync(fileDataSet(file), (piece) => piece.slice()));
}

Deno.test("fileDataSet() gives what is behind the file meta information, whatever the source", async () => {
  for (const bytes of SIZES.map(withPixels)) {
    const expected = Buffer.from(bytes.subarray(readFileMeta(bytes).dataSetOffset));
    const inMemory = { ...memorySource(bytes), [Symbol.asyncDispose]: () => Promise.resolve() };
    for (const file of [fileOf(bytes), fileOf(bytes, { most: 100_000 }), inMemory]) {
      assert.ok(expected.equals(await copied(file)), `${bytes.length}`);
    }
  }
});

Deno.test("fileDataSet() fails on a file that is cut short, and can be left", async () => {
  const bytes = withPixels(2_000_000);
  await assert.rejects(copied(fileOf(bytes, { end: 1_000_000 })), { code: "corrupted-file" });
  for await (const piece of fileDataSet(fileOf(bytes))) {
    assert.ok(piece.length > 0);
    break;
  }
});
