import assert from "node:assert/strict";
import fc from "fast-check";
import { anyPieces } from "../../tests/support/arbitrary.ts";
import {
  element,
  fragments,
  item,
  part10,
  type Piece,
  sequence,
} from "../../tests/support/dicom.ts";
import { countingSource } from "../../tests/support/sources.ts";
import { DicomError } from "../errors.ts";
import { defaultCharacterSets } from "./charset.ts";
import { DataSetBuilder } from "./data_set.ts";
import { decodeFile } from "./decode.ts";
import { tagsJson } from "./json/tags.ts";
import { TAG } from "./tag.ts";

const RUNS = { numRuns: Number(Deno.env.get("FUZZ_RUNS") ?? 100) };
const SYNTAXES = fc.constantFrom(
  "1.2.840.10008.1.2",
  "1.2.840.10008.1.2.1",
  "1.2.840.10008.1.2.2",
  "1.2.840.10008.1.2.1.99",
  "1.2.840.10008.1.2.4.50",
);

/** The JSON of a file, or the code of its failure. Anything but a `DicomError` is thrown on. */
async function read(file: Uint8Array, most = Infinity): Promise<string> {
  let builder: DataSetBuilder | undefined;
  try {
    await decodeFile(countingSource(file, most), {
      sink: ({ encoding }) =>
        builder = new DataSetBuilder(encoding, {
          defaultSets: defaultCharacterSets("Latin1"),
          maximumLength: 4096,
        }),
      maximumInflated: 1e6,
    });
    return JSON.stringify(tagsJson(builder!.root, { dialect: "full" }));
  } catch (error) {
    if (!(error instanceof DicomError)) throw error;
    return error.code;
  }
}

const VALID: readonly Piece[] = [
  element(TAG.specificCharacterSet, "CS", "\\ISO 2022 IR 87"),
  element(TAG.sopClassUid, "UI", "1.2.3"),
  element(TAG.patientName, "PN", "Yamada=\x1b$B;3ED\x1b(B"),
  sequence(0x00081140, [item([sequence(0x00081199, [item([])])], { undefinedLength: true })]),
  sequence(0x00091001, [item([element(TAG.patientId, "LO", "1")])], {
    vr: "UN",
    undefinedLength: true,
  }),
  element(0x00280010, "US", [1, 2]),
  element(0x00189073, "FD", [1.5]),
  fragments([new Uint8Array(4), new Uint8Array(10)]),
];

Deno.test("any bytes behind a file meta information are read or refused", async () => {
  const property = fc.asyncProperty(
    fc.uint8Array({ maxLength: 200 }),
    SYNTAXES,
    async (bytes, syntax) => {
      const head = part10({ pieces: [], syntax });
      await read(Uint8Array.from([...head, ...bytes]));
    },
  );
  await fc.assert(property, RUNS);
});

Deno.test("any bytes are read or refused", async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (bytes) => {
      await read(bytes);
      await read(Uint8Array.from([8, 0, ...bytes]));
    }),
    RUNS,
  );
});

Deno.test("any data set is read the same whatever the source gives at a time", async () => {
  const property = fc.asyncProperty(
    anyPieces,
    SYNTAXES,
    fc.integer({ min: 1, max: 100 }),
    async (pieces, syntax, most) => {
      const file = part10({ pieces, syntax });
      assert.equal(await read(file, most), await read(file));
    },
  );
  await fc.assert(property, RUNS);
});

/** Changes to the bytes of a file: one replaced, some taken out, or some repeated. */
const mutation = fc.oneof(
  fc.tuple(fc.constant("set" as const), fc.nat(), fc.integer({ min: 0, max: 255 })),
  fc.tuple(fc.constant("remove" as const), fc.nat(), fc.integer({ min: 1, max: 20 })),
  fc.tuple(fc.constant("repeat" as const), fc.nat(), fc.integer({ min: 1, max: 20 })),
  fc.tuple(fc.constant("lengthen" as const), fc.nat(), fc.integer({ min: 0x7f, max: 0xff })),
);

type Mutation = typeof mutation extends fc.Arbitrary<infer Value> ? Value : never;

function mutate(file: Uint8Array, [kind, position, argument]: Mutation): Uint8Array {
  const at = position % file.length;
  const before = file.subarray(0, at);
  switch (kind) {
    case "set":
      return file.with(at, argument);
    case "remove":
      return Uint8Array.from([...before, ...file.subarray(at + argument)]);
    case "repeat":
      return Uint8Array.from([...file.subarray(0, at + argument), ...file.subarray(at)]);
    case "lengthen":
      return Uint8Array.from(file.with(at, argument).fill(argument, at, at + 4));
  }
}

Deno.test("a damaged file is read or refused, in the same way whatever the source gives", async () => {
  const property = fc.asyncProperty(
    SYNTAXES,
    fc.array(mutation, { minLength: 1, maxLength: 4 }),
    async (syntax, mutations) => {
      const damaged = mutations.reduce(mutate, part10({ pieces: VALID, syntax }));
      assert.equal(await read(damaged, 50), await read(damaged));
    },
  );
  await fc.assert(property, RUNS);
});
