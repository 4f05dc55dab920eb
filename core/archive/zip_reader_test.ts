import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import fc from "fast-check";
import { type TestArchive, type TestMember, zipOf } from "../../tests/support/zip.ts";
import { memorySource } from "../bytes/source.ts";
import { DicomError } from "../errors.ts";
import { openZip } from "./zip_reader.ts";

const RUNS = { numRuns: Number(Deno.env.get("FUZZ_RUNS") ?? 100) };
const hello: TestMember = { bytes: Buffer.from("hello".repeat(20)) };

async function contents(zip: Uint8Array): Promise<Buffer[]> {
  const archive = await openZip(memorySource(zip));
  const all: Buffer[] = [];
  for await (const member of archive.members()) {
    all.push(Buffer.concat(await Array.fromAsync(archive.read(member))));
  }
  return all;
}

function failure(code: string, message: RegExp) {
  return (error: unknown) =>
    error instanceof DicomError && error.code === code && message.test(error.message);
}

const member = fc.record({
  bytes: fc.uint8Array({ maxLength: 2000 }),
  method: fc.constantFrom(0, 8),
  descriptor: fc.boolean(),
  zip64: fc.boolean(),
  name: fc.string({ maxLength: 900 }),
});
const ending = fc.record({
  comment: fc.string({ unit: fc.constantFrom("P", "K", "\x05", "\x06", "x"), maxLength: 300 }),
  prepended: fc.uint8Array({ maxLength: 300 }),
  zip64: fc.boolean(),
});

Deno.test("openZip() reads what was written, whatever the form of the archive", async () => {
  const property = fc.asyncProperty(
    fc.array(member, { maxLength: 6 }),
    ending,
    async (members, archive) => {
      const expected = members.map(({ bytes }) => Buffer.from(bytes));
      assert.deepEqual(await contents(zipOf(members, archive)), expected);
    },
  );
  await fc.assert(property, RUNS);
});

Deno.test("openZip() gives members or a DicomError for any damage", async () => {
  const damage = fc.array(fc.tuple(fc.nat(600), fc.nat(255)), { maxLength: 4 });
  const property = fc.asyncProperty(
    damage,
    fc.nat(600),
    fc.boolean(),
    async (changes, cut, zip64) => {
      const zip = Buffer.from(zipOf([hello, { ...hello, zip64 }, hello], { zip64 }));
      for (const [at, byte] of changes) zip[at % zip.length] = byte;
      await contents(zip.subarray(0, Math.max(0, zip.length - cut))).catch((error) => {
        if (!(error instanceof DicomError)) throw error;
      });
    },
  );
  await fc.assert(property, RUNS);
});

Deno.test("openZip() accepts a comment of 65,535 bytes that looks like the end of an archive", async () => {
  const comment = Buffer.from(zipOf([])).toString("latin1").repeat(3000).slice(0, 65535);
  assert.equal((await contents(zipOf([hello], { comment }))).length, 1);
});

Deno.test("openZip() accepts more members than the end record can count", async () => {
  const empty: TestMember = { bytes: new Uint8Array(), method: 0, name: "" };
  const zip = zipOf(Array.from({ length: 70_000 }, () => empty));
  assert.equal(
    (await Array.fromAsync((await openZip(memorySource(zip))).members())).length,
    70_000,
  );
});

/** Archives that are refused as a whole. */
const BROKEN: Record<string, [Uint8Array, RegExp]> = {
  "without its end": [zipOf([hello]).subarray(0, -1), /end of its directory is missing/],
  "empty": [new Uint8Array(), /end of its directory is missing/],
  "with a directory that starts before it": [zipOf([hello]).subarray(60), /cut short|damaged/],
  "with fewer members than declared": [zipOf([hello], { count: 2 }), /incomplete/],
  "with fewer members than declared (ZIP64)": [
    zipOf([hello], { count: 2, zip64: true }),
    /incomplete/,
  ],
  "with members that share their data": [
    zipOf([
      { ...hello, method: 0 },
      ...Array.from({ length: 20 }, () => ({ ...hello, method: 0, sameAs: 0 })),
    ]),
    /overlap/,
  ],
};

for (const [name, [zip, message]] of Object.entries(BROKEN)) {
  Deno.test(`openZip() refuses an archive ${name}`, async () => {
    await assert.rejects(openZip(memorySource(zip)), failure("bad-file", message));
  });
}

/** Members that cannot be read. */
const UNREADABLE: Record<string, [TestMember, TestArchive, RegExp]> = {
  "is encrypted": [{ ...hello, flags: 0x0001 }, {}, /encrypted/],
  "has an unknown method": [{ ...hello, method: 99 }, {}, /method 99/],
  "inflates to more than it declares": [{ ...hello, declared: { size: 99 } }, {}, /more bytes/],
  "inflates to less than it declares": [{ ...hello, declared: { size: 101 } }, {}, /checksum/],
  "has another checksum": [{ ...hello, declared: { crc32: 1 } }, {}, /checksum/],
};

for (const [name, [member, archive, message]] of Object.entries(UNREADABLE)) {
  Deno.test(`ZipArchive.read() refuses a member that ${name}`, async () => {
    await assert.rejects(contents(zipOf([member], archive)), failure("bad-file", message));
  });
}

Deno.test("ZipArchive.read() refuses damaged data, and data that run into the directory", async () => {
  const damaged = Buffer.from(zipOf([hello]));
  damaged.fill(0xff, 36, 40);
  await assert.rejects(contents(damaged), failure("bad-file", /data are damaged/));
  const long = Buffer.from(zipOf([hello]));
  long.writeUInt32LE(5000, long.indexOf("PK\x01\x02") + 20);
  await assert.rejects(contents(long), failure("bad-file", /cut short/));
});

Deno.test("ZipArchive.read() stops a bomb at the size that it declares", async () => {
  const bomb = { bytes: new Uint8Array(50_000_000), declared: { size: 1000 } };
  const archive = await openZip(memorySource(zipOf([bomb])));
  const [first] = await Array.fromAsync(archive.members());
  let read = 0;
  const reading = (async () => {
    for await (const bytes of archive.read(first!)) read += bytes.length;
  })();
  await assert.rejects(reading, failure("bad-file", /more bytes/));
  assert.ok(read <= 1000);
});
