import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import fc from "fast-check";
import { memorySource } from "../bytes/source.ts";
import { DicomError } from "../errors.ts";
import { openZip } from "./zip_reader.ts";
import { zipArchive, zipLength, type ZipMember } from "./zip_writer.ts";

const RUNS = { numRuns: Number(Deno.env.get("FUZZ_RUNS") ?? 100) };
const OPTIONS = { comment: "Created by Orthanc", modifiedAt: Date.UTC(2026, 0, 2, 3, 4, 6) };
const LARGE = 4 * 1024 * 1024 + 1;

async function* each<T>(items: readonly T[]) {
  yield* items;
}

function memberOf(name: string, pieces: readonly Uint8Array[], isKnown = true): ZipMember {
  const size = pieces.reduce((sum, { length }) => sum + length, 0);
  return { name, size: isKnown ? size : undefined, bytes: each(pieces) };
}

async function zip(members: readonly ZipMember[]): Promise<Buffer> {
  return Buffer.concat(await Array.fromAsync(zipArchive(each(members), OPTIONS)));
}

async function unzip(bytes: Uint8Array): Promise<Buffer[]> {
  const archive = await openZip(memorySource(bytes));
  const all: Buffer[] = [];
  for await (const member of archive.members()) {
    all.push(Buffer.concat(await Array.fromAsync(archive.read(member))));
  }
  return all;
}

const file = fc.record({
  name: fc.string({ unit: "grapheme", minLength: 1, maxLength: 20 }),
  pieces: fc.array(fc.uint8Array({ maxLength: 50 }), { maxLength: 4 }),
  isKnown: fc.boolean(),
});

Deno.test("zipArchive() writes what openZip() reads, and zipLength() says how long", async () => {
  const property = fc.asyncProperty(fc.array(file, { maxLength: 5 }), async (files) => {
    const bytes = await zip(
      files.map(({ name, pieces, isKnown }) => memberOf(name, pieces, isKnown)),
    );
    const expected = files.map(({ pieces }) => Buffer.concat(pieces));
    assert.deepEqual(await unzip(bytes), expected);
    const sizes = files.map(({ name }, at) => ({ name, size: expected[at]!.length }));
    assert.equal(zipLength(sizes, OPTIONS.comment), bytes.length);
  });
  await fc.assert(property, RUNS);
});

for (const isKnown of [true, false]) {
  Deno.test(`zipArchive() passes a large member on, its size ${isKnown ? "" : "un"}known`, async () => {
    const pieces = [new Uint8Array(LARGE).fill(7), Uint8Array.of(1, 2, 3)];
    const bytes = await zip([memberOf("a", pieces, isKnown), memberOf("b", [])]);
    assert.deepEqual(await unzip(bytes), [Buffer.concat(pieces), Buffer.alloc(0)]);
    if (!isKnown) return;
    const sizes = [{ name: "a", size: LARGE + 3 }, { name: "b", size: 0 }];
    assert.equal(zipLength(sizes, OPTIONS.comment), bytes.length);
  });
}

for (const [size, length] of [[3, 2], [2, 3], [LARGE, LARGE + 1]] as const) {
  Deno.test(`zipArchive() refuses a member of ${length} bytes that should have ${size}`, async () => {
    const member = { name: "a", size, bytes: each([new Uint8Array(length)]) };
    await assert.rejects(
      zip([member]),
      (error) => error instanceof DicomError && error.code === "corrupted-file",
    );
  });
}

Deno.test("zipArchive() reads one member ahead, and closes what it began when nobody wants more", async () => {
  const events: string[] = [];
  async function* bytes(name: string) {
    events.push(`open ${name}`);
    try {
      yield Uint8Array.of(1);
    } finally {
      events.push(`close ${name}`);
    }
  }
  const names = ["a", "b", "c"];
  const members = names.map((name) => ({ name, size: 1, bytes: bytes(name) }));
  const archive = zipArchive(each(members), OPTIONS);
  await archive.next();
  await new Promise((resolve) => setTimeout(resolve));
  assert.deepEqual(events.filter((event) => event.startsWith("open")), ["open a", "open b"]);
  await archive.return(undefined);
  assert.deepEqual(events.toSorted(), ["close a", "close b", "open a", "open b"]);
});
