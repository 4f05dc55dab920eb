import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { inflateRawSync } from "node:zlib";
import fc from "fast-check";
import { anyPieces } from "../../tests/support/arbitrary.ts";
import {
  dataSet,
  element,
  fragments,
  item,
  part10,
  type Piece,
  sequence,
} from "../../tests/support/dicom.ts";
import { countingSource, sparseSource } from "../../tests/support/sources.ts";
import { DicomError } from "../errors.ts";
import { canReencode, reencode, UNCOMPRESSED } from "./reencode.ts";
import {
  EXPLICIT_BIG_ENDIAN,
  EXPLICIT_LITTLE_ENDIAN,
  findTransferSyntax,
  IMPLICIT_LITTLE_ENDIAN,
  type TransferSyntax,
} from "./transfer_syntax.ts";

const MAXIMUM = 1e6;
const undefinedLength = { undefinedLength: true };

/** Numbers of 16 bits, in the byte order of the encoding. */
const words = (tag: number, numbers: readonly number[]): Piece => (encoding) => {
  const bytes = Buffer.concat([Buffer.from(Uint16Array.from(numbers).buffer)]);
  return element(tag, "OW", encoding.littleEndian ? bytes : bytes.swap16())(encoding);
};

/** One element of each size of number, of each kind of length, nested, private and unknown. */
const PIECES: readonly Piece[] = [
  element(0x00080018, "UI", "1.2.3"),
  sequence(0x00081140, [
    item([element(0x00280010, "US", [258]), element(0x00280106, "SS", [-2])], undefinedLength),
    item([], undefinedLength),
  ], undefinedLength),
  element(0x00090010, "LO", "ACME"),
  element(0x00091001, "UN", "ABCD"),
  element(0x00186028, "FD", [1.5]),
  element(0x00280009, "AT", [0x0018, 0x1063]),
  element(0x00280010, "US", [2]),
  element(0x00280103, "US", [1]),
  sequence(0x00283010, [
    item(
      [element(0x00283002, "SS", [4096, -1024, 16]), words(0x00283006, [1, 2])],
      undefinedLength,
    ),
  ], undefinedLength),
  element(0x00720082, "SV", [-5n]),
  words(0x7fe00010, Array.from({ length: 5000 }, (_, index) => index)),
];

/** The first sequence lies before Pixel Representation, so its numbers are unsigned where the VR is implicit. */
const UNSIGNED: readonly Piece[] = [
  ...PIECES.slice(0, 1),
  sequence(0x00081140, [
    item([element(0x00280010, "US", [258]), element(0x00280106, "US", [65534])], undefinedLength),
    item([], undefinedLength),
  ], undefinedLength),
  ...PIECES.slice(2),
];

async function reencoded(file: Uint8Array, to: TransferSyntax, most = Infinity): Promise<Buffer> {
  const pieces = reencode(countingSource(file, most), { to, maximumInflated: MAXIMUM });
  const bytes = Buffer.concat(await Array.fromAsync(pieces));
  return to.deflated ? inflateRawSync(bytes) : bytes;
}

for (const from of UNCOMPRESSED) {
  Deno.test(`reencode() turns ${from.name} into each uncompressed syntax`, async () => {
    const file = part10({ pieces: PIECES, syntax: from.uid });
    const read = from.explicitVr ? PIECES : UNSIGNED;
    for (const to of UNCOMPRESSED) {
      for (const most of [1, 7, 4096, Infinity]) {
        const bytes = await reencoded(file, to, most);
        assert.ok(bytes.equals(dataSet(read, to)), `${to.name}, ${most} bytes at a time`);
      }
    }
  });
}

Deno.test("reencode() leaves out group lengths, pads odd lengths, and reads sequences of any length", async () => {
  const file = part10({
    pieces: [
      element(0x00080000, "UL", [1000]),
      element(0x00080060, "CS", "CT"),
      sequence(0x00081140, [item([element(0x00080018, "UI", "1.2", { odd: true })])], { vr: "UN" }),
      element(0x00100010, "PN", "ABC", { odd: true }),
    ],
  });
  const expected = dataSet([
    element(0x00080060, "CS", "CT"),
    sequence(
      0x00081140,
      [item([element(0x00080018, "UI", "1.2")], undefinedLength)],
      undefinedLength,
    ),
    element(0x00100010, "PN", "ABC"),
  ], EXPLICIT_BIG_ENDIAN);
  assert.deepEqual(await reencoded(file, EXPLICIT_BIG_ENDIAN), expected);
});

Deno.test("reencode() writes what is too long for its explicit VR as UN", async () => {
  const pieces = [element(0x00200032, "DS", "1\\".repeat(40_000))];
  const file = part10({ pieces, syntax: IMPLICIT_LITTLE_ENDIAN.uid });
  const bytes = await reencoded(file, EXPLICIT_LITTLE_ENDIAN);
  assert.equal(bytes.subarray(0, 12).toString("hex"), "20003200554e000080380100");
  assert.equal(bytes.length, 80_012);
});

Deno.test("reencode() refuses compressed pixels, and says beforehand what it can", async () => {
  const jpeg = "1.2.840.10008.1.2.4.50";
  const file = part10({
    pieces: [fragments([Uint8Array.of(), Uint8Array.of(1, 2)])],
    syntax: jpeg,
  });
  const failure = { name: "DicomError", code: "unsupported-media" };
  await assert.rejects(reencoded(file, EXPLICIT_LITTLE_ENDIAN), failure);
  assert.equal(canReencode(jpeg, EXPLICIT_LITTLE_ENDIAN.uid), false);
  assert.equal(canReencode(EXPLICIT_LITTLE_ENDIAN.uid, jpeg), false);
  assert.equal(canReencode(IMPLICIT_LITTLE_ENDIAN.uid, EXPLICIT_BIG_ENDIAN.uid), true);
});

Deno.test("reencode() stops at a deflated data set that grows beyond the limit", async () => {
  const pieces = [element(0x7fe00010, "OB", new Uint8Array(MAXIMUM + 1))];
  const file = part10({ pieces, syntax: findTransferSyntax("1.2.840.10008.1.2.1.99")!.uid });
  await assert.rejects(reencoded(file, EXPLICIT_LITTLE_ENDIAN), { code: "bad-file" });
});

Deno.test("reencode() holds no more of a large value than one piece", async () => {
  const size = 200 * 1048576;
  const pixels = element(0x7fe00010, "OW", "", { length: size });
  const head = part10({ pieces: [element(0x00080018, "UI", "1.2"), pixels] });
  const source = sparseSource(head, head.length + size);
  let total = 0;
  let largest = 0;
  for await (
    const piece of reencode(source, { to: EXPLICIT_BIG_ENDIAN, maximumInflated: MAXIMUM })
  ) {
    total += piece.length;
    largest = Math.max(largest, piece.length);
  }
  assert.equal(total, 12 + 12 + size);
  assert.ok(largest <= 2 * 262_144);
});

Deno.test("reencode() gives a data set or a DicomError, whatever the bytes", async () => {
  const property = fc.asyncProperty(
    anyPieces,
    fc.constantFrom(...UNCOMPRESSED),
    fc.constantFrom(...UNCOMPRESSED),
    fc.nat({ max: 200 }),
    async (pieces, from, to, cut) => {
      const whole = part10({ pieces, syntax: from.uid });
      const file = whole.subarray(0, whole.length - cut);
      try {
        await reencoded(file, to, 50);
      } catch (error) {
        assert.ok(error instanceof DicomError, String(error));
      }
    },
  );
  await fc.assert(property, { numRuns: 200 });
});
