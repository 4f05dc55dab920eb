import assert from "node:assert/strict";
import fc from "fast-check";
import { dataSet } from "../../tests/support/dicom.ts";
import { anyPieces } from "../../tests/support/arbitrary.ts";
import { scan, scanned } from "../../tests/support/scan.ts";
import type { Tag } from "./tag.ts";
import {
  EXPLICIT_BIG_ENDIAN,
  EXPLICIT_LITTLE_ENDIAN,
  IMPLICIT_LITTLE_ENDIAN,
} from "./transfer_syntax.ts";

const RUNS = { numRuns: Number(Deno.env.get("FUZZ_RUNS") ?? 100) };

const chunks = fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 20 });
const encodings = fc.constantFrom(
  IMPLICIT_LITTLE_ENDIAN,
  EXPLICIT_LITTLE_ENDIAN,
  EXPLICIT_BIG_ENDIAN,
);
const wanted = fc.constantFrom<(tag: Tag) => boolean>(
  () => true,
  () => false,
  (tag) => tag % 0x20 === 0x10,
);

Deno.test("push() reports the same whatever the chunks", () => {
  const property = fc.property(
    anyPieces,
    encodings,
    wanted,
    chunks,
    (all, encoding, wanted, chunks) => {
      const whole = scanned(all, { encoding, wanted });
      assert.deepEqual(scanned(all, { encoding, wanted, chunks }), whole);
      assert.deepEqual(scanned(all, { encoding, wanted, chunks: [1] }), whole);
    },
  );
  fc.assert(property, RUNS);
});

Deno.test("push() reports the same of damaged bytes whatever the chunks, and throws DicomError alone", () => {
  const flips = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { maxLength: 4 });
  const property = fc.property(
    anyPieces,
    encodings,
    flips,
    chunks,
    (all, encoding, flips, chunks) => {
      const bytes = dataSet(all, encoding);
      for (const [at, value] of flips) if (bytes.length > 0) bytes[at % bytes.length] = value;
      const whole = scan(bytes, { encoding });
      const parts = scan(bytes, { encoding, chunks });
      assert.deepEqual(parts, whole);
    },
  );
  fc.assert(property, RUNS);
});

Deno.test("push() takes any bytes or throws DicomError", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), encodings, (bytes, encoding) => {
      scan(bytes, { encoding });
    }),
    RUNS,
  );
});
