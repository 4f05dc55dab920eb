import assert from "node:assert/strict";
import fc from "fast-check";
import { memorySource } from "../core/bytes/source.ts";
import type { OpenFile } from "../core/ports.ts";

import { openCompressed, writeCompressed, writePlain } from "./compressed_files.ts";

function openBytes(bytes: Uint8Array): OpenFile {
  return { ...memorySource(bytes), [Symbol.asyncDispose]: () => Promise.resolve() };
}

/** Runs with a path in a folder that is removed in the end. */
async function withPath(run: (path: string, folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await run(`${folder}/file`, folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function namesIn(folder: string): Promise<string[]> {
  return (await Array.fromAsync(Deno.readDir(folder), ({ name }) => name)).sort();
}

Deno.test("what is compressed comes back as it was, whatever it is", () =>
  withPath((path) =>
    fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 5000 }), async (bytes) => {
        await writeCompressed(path, openBytes(bytes), false);
        await using open = (await openCompressed(path))!;
        assert.deepEqual(await open.read(0, open.size), bytes);
      }),
      { numRuns: 50 },
    )
  ));

Deno.test("a file too large for memory is inflated into a file of passage", () =>
  withPath(async (path, folder) => {
    const bytes = new Uint8Array(20_000_000);
    for (let at = 0; at < bytes.length; at += 1000) bytes[at] = at / 1000;
    await writeCompressed(path, openBytes(bytes), true);
    {
      await using open = (await openCompressed(path))!;
      assert.equal(open.size, bytes.length);
      for (const at of [19_999_000, 0, 7_000_000]) {
        assert.deepEqual(await open.read(at, 1000), bytes.subarray(at, at + 1000));
      }
      await writePlain(path, open, true);
    }
    assert.deepEqual(await Deno.readFile(path), bytes);
    assert.deepEqual(await namesIn(folder), ["file", "file.z"]);
  }));

Deno.test("a form that cannot be written leaves nothing", () =>
  withPath(async (path, folder) => {
    const failing: OpenFile = {
      ...openBytes(new Uint8Array(10)),
      read: () => Promise.reject(new Error("the disk is broken")),
    };
    await assert.rejects(writeCompressed(path, failing, false), /the disk is broken/);
    assert.deepEqual(await namesIn(folder), []);
    assert.equal(await openCompressed(path), undefined);
  }));
