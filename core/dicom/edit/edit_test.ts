import { Buffer } from "node:buffer";
import assert from "node:assert/strict";
import fc from "fast-check";
import { anyPieces } from "../../../tests/support/arbitrary.ts";
import {
  dataSet,
  element,
  fragments,
  item,
  part10,
  type Piece,
  sequence,
} from "../../../tests/support/dicom.ts";
import { memorySource } from "../../bytes/source.ts";
import { defaultCharacterSets } from "../charset.ts";
import { DicomError } from "../../errors.ts";
import { TAG } from "../tag.ts";
import {
  EXPLICIT_BIG_ENDIAN,
  EXPLICIT_LITTLE_ENDIAN,
  IMPLICIT_LITTLE_ENDIAN,
} from "../transfer_syntax.ts";
import { settleCharacterSet } from "./character_set.ts";
import type { EditedDataSet } from "./data_set.ts";
import { type JsonValue, newElementOf, parseDataUri, putElement } from "./new_value.ts";
import { parseTagPath, removeAt, setAt } from "./path.ts";
import { readForEdit } from "./read.ts";
import { writeEdited } from "./write.ts";

const OPTIONS = { defaultSets: defaultCharacterSets("Latin1"), maximumInflated: 1e6 };
const SYNTAXES = [EXPLICIT_LITTLE_ENDIAN, IMPLICIT_LITTLE_ENDIAN, EXPLICIT_BIG_ENDIAN];
const RUNS = Number(Deno.env.get("FUZZ_RUNS") ?? 200);
const SEQUENCE = 0x00081140;
const COMMENTS = 0x00104000;

/** The data set of a file after an edit. */
async function edited(
  pieces: readonly Piece[],
  edit: (root: EditedDataSet) => void,
  syntax = EXPLICIT_LITTLE_ENDIAN.uid,
): Promise<Buffer> {
  const file = await readForEdit(memorySource(part10({ pieces, syntax })), OPTIONS);
  edit(file.root);
  await settleCharacterSet(file);
  const { length, bytes } = writeEdited(file);
  const written = Buffer.concat(await Array.fromAsync(bytes));
  assert.equal(written.length, length);
  return written;
}

function put(root: EditedDataSet, path: string, value: JsonValue, privateCreator = ""): void {
  const read = parseTagPath(path);
  const options = { privateCreator, dataUris: true };
  setAt(root, read, (place) => {
    putElement(place, newElementOf(read.tag, value, options), privateCreator);
  });
}

const IDENTIFIED = [
  element(TAG.sopClassUid, "UI", "1.2.3"),
  element(TAG.sopInstanceUid, "UI", "1.2.3.4"),
];

for (const syntax of SYNTAXES) {
  const bytesOf = (pieces: readonly Piece[]) => dataSet(pieces, syntax);

  Deno.test(`what is not edited keeps its bytes: ${syntax.name}`, async () => {
    await fc.assert(
      fc.asyncProperty(anyPieces, async (pieces) => {
        const unique = [...new Map(pieces.map((piece) => [tagOf(piece), piece]))]
          .sort(([a], [b]) => a - b).map(([, piece]) => piece);
        const all = [element(0x00080005, "CS", "ISO_IR 100"), ...unique];
        const bytes = await edited(all, () => {}, syntax.uid);
        // A sequence at the very end may be written with delimiters; nothing else may differ.
        const again = await edited(
          [() => bytes],
          () => {},
          syntax.uid,
        );
        assert.deepEqual(again, bytes);
        const before = bytesOf(all);
        const last = unique.at(-1);
        const head = before.subarray(0, before.length - (last ? last(syntax).length : 0));
        assert.deepEqual(bytes.subarray(0, head.length), head);
      }),
      { numRuns: RUNS },
    );
  });

  Deno.test(`elements are put, replaced and removed in place: ${syntax.name}`, async () => {
    const pixels = element(TAG.pixelData, "OW", new Uint8Array(100_000).fill(7));
    const before = [
      ...IDENTIFIED,
      element(TAG.patientName, "PN", "Doe"),
      element(TAG.patientId, "LO", "1"),
      pixels,
    ];
    const after = [
      ...IDENTIFIED,
      element(TAG.accessionNumber, "SH", "A1"),
      element(TAG.patientName, "PN", "Roe"),
      element(0x00280010, "US", [7]),
      pixels,
    ];
    const bytes = await edited(before, (root) => {
      put(root, "PatientName", "Roe");
      put(root, "0008,0050", "A1");
      put(root, "Rows", 7);
      removeAt(root, parseTagPath("PatientID"));
    }, syntax.uid);
    assert.deepEqual(bytes, bytesOf(after));
  });

  Deno.test(`paths lead into items: ${syntax.name}`, async () => {
    const inner = (name: string) => [
      element(0x00081155, "UI", "1.2"),
      ...(name === "" ? [] : [element(TAG.patientName, "PN", name)]),
    ];
    const delimited = { undefinedLength: true };
    const before = [
      ...IDENTIFIED,
      sequence(SEQUENCE, [item(inner("A")), item(inner("B"))]),
      element(TAG.modality, "CS", "CT"),
    ].sort((a, b) => tagOf(a) - tagOf(b));
    const after = (names: readonly string[]) =>
      [
        ...IDENTIFIED,
        sequence(SEQUENCE, names.map((name) => item(inner(name), delimited)), delimited),
        element(TAG.modality, "CS", "CT"),
      ].sort((a, b) => tagOf(a) - tagOf(b));
    const all = await edited(before, (root) => {
      put(root, "ReferencedImageSequence[*].PatientName", "X");
    }, syntax.uid);
    assert.deepEqual(all, bytesOf(after(["X", "X"])));
    const second = await edited(before, (root) => {
      put(root, "0008-1140[1].(0010,0010)", "X");
    }, syntax.uid);
    assert.deepEqual(second, bytesOf(after(["A", "X"])));
    const removed = await edited(before, (root) => {
      removeAt(root, parseTagPath("ReferencedImageSequence[0].PatientName"));
    }, syntax.uid);
    assert.deepEqual(removed, bytesOf(after(["", "B"])));
  });
}

Deno.test("items are made as far as they follow one another", async () => {
  const bytes = await edited(IDENTIFIED, (root) => {
    put(root, "ReferencedImageSequence[0].PatientName", "A");
    put(root, "ReferencedImageSequence[1].PatientName", "B");
    put(root, "SourceImageSequence[*].PatientName", "none");
    assert.throws(() => put(root, "ReferencedImageSequence[7].PatientName", "C"), /added/);
  });
  const delimited = { undefinedLength: true };
  const items = ["A", "B"].map((name) => item([element(TAG.patientName, "PN", name)], delimited));
  const expected = [...IDENTIFIED, sequence(SEQUENCE, items, delimited)];
  assert.deepEqual(bytes, dataSet(expected, EXPLICIT_LITTLE_ENDIAN));
});

Deno.test("encapsulated pixels, also in items, and UN sequences are written as they were", async () => {
  const icon = item([
    element(TAG.patientName, "PN", "A"),
    fragments([new Uint8Array(0), bytes(6)]),
  ]);
  const unknown = item([element(TAG.patientName, "PN", "B")], { undefinedLength: true });
  const delimited = { undefinedLength: true };
  const before = [
    ...IDENTIFIED,
    sequence(0x00091010, [unknown], { vr: "UN", ...delimited }),
    sequence(0x00880200, [icon], delimited),
    fragments([bytes(4), bytes(70_000)]),
  ];
  const after = await edited(before, (root) => {
    root.items(0x00091010)![0]!.set({ tag: TAG.patientName, vr: "PN", value: "XX" });
    root.items(0x00880200)![0]!.remove(TAG.patientName);
  });
  const expected = dataSet([
    ...IDENTIFIED,
    sequence(0x00091010, [
      item([element(TAG.patientName, "PN", "XX")], delimited),
    ], { vr: "UN", ...delimited }),
    sequence(0x00880200, [item([fragments([new Uint8Array(0), bytes(6)])], delimited)], delimited),
    fragments([bytes(4), bytes(70_000)]),
  ], EXPLICIT_LITTLE_ENDIAN);
  assert.deepEqual(after, expected);
});

Deno.test("settleCharacterSet() makes all text Unicode when a new value needs it", async () => {
  const long = "é".repeat(5000);
  const latin = [
    element(TAG.specificCharacterSet, "CS", "ISO_IR 100"),
    ...IDENTIFIED,
    element(TAG.patientName, "PN", "J\xf6rg"),
    element(COMMENTS, "LT", long),
  ];
  const utf8 = (text: string) => new TextEncoder().encode(text);
  const same = await edited(latin, (root) => put(root, "StudyDescription", "é"));
  assert.ok(same.includes(Buffer.from("J\xf6rg", "latin1")));
  const unicode = await edited(latin, (root) => put(root, "StudyDescription", "日本"));
  const expected = dataSet([
    element(TAG.specificCharacterSet, "CS", "ISO_IR 192"),
    ...IDENTIFIED,
    element(0x00081030, "LO", utf8("日本")),
    element(TAG.patientName, "PN", utf8("Jörg")),
    element(COMMENTS, "LT", utf8(long)),
  ], EXPLICIT_LITTLE_ENDIAN);
  assert.deepEqual(unicode, expected);
  const declared = await edited(latin, (root) => put(root, "SpecificCharacterSet", "ISO_IR 192"));
  assert.ok(declared.includes(Buffer.from("Jörg", "utf8")));
});

Deno.test("putElement() finds the block of a private creator, or reserves one", async () => {
  const taken = [...IDENTIFIED, element(0x43210010, "LO", "OTHER")];
  const block = (creator: string, tag: number) => [
    element(tag, "LO", creator),
    element(((tag & 0xff) << 8 | 0x12 | 0x43210000) >>> 0, "UN", "ab"),
  ];
  const own = await edited(IDENTIFIED, (root) => put(root, "4321-1012", "ab", "ACME"));
  assert.deepEqual(
    own,
    dataSet([...IDENTIFIED, ...block("ACME", 0x43210010)], EXPLICIT_LITTLE_ENDIAN),
  );
  const moved = await edited(taken, (root) => put(root, "4321-1012", "ab", "ACME"));
  const [creator, value] = block("ACME", 0x43210011);
  assert.deepEqual(moved, dataSet([...taken, creator!, value!], EXPLICIT_LITTLE_ENDIAN));
});

Deno.test("parseDataUri() reads what is base64, and leaves other text alone", () => {
  const uri = parseDataUri("data:Application/PDF;x=y;base64,AQID");
  assert.deepEqual(uri, { mediaType: "application/pdf", bytes: Buffer.from([1, 2, 3]) });
  assert.equal(parseDataUri("data: nothing"), undefined);
  assert.equal(parseDataUri("text"), undefined);
  assert.throws(() => parseDataUri("data:a/b;base64,!!"), isRefused("bad-request"));
});

Deno.test("parseTagPath() refuses what is no path", () => {
  for (const path of ["Foo", "", "ReferencedImageSequence[0].Foo"]) {
    assert.throws(() => parseTagPath(path), isRefused("unknown-tag"), path);
  }
  for (
    const path of [
      "PatientName.",
      "ReferencedImageSequence.PatientName",
      "ReferencedImageSequence[x].Rows",
    ]
  ) {
    assert.throws(() => parseTagPath(path), isRefused("bad-request"), path);
  }
  assert.throws(() => parseTagPath("0008,1140[0].".repeat(70) + "Rows"), isRefused("bad-request"));
});

Deno.test("any edit of any data set gives one that can be read, or is refused", async () => {
  const tags = fc.constantFrom(0x00080018, 0x00100010, 0x00081140, 0x00091001, 0x00280010);
  await fc.assert(
    fc.asyncProperty(
      anyPieces,
      tags,
      fc.string(),
      fc.boolean(),
      async (pieces, tag, text, removes) => {
        try {
          const bytes = await edited(pieces, (root) => {
            if (removes) return root.remove(tag);
            root.set({ tag, vr: "LO", value: text });
          });
          await edited([() => bytes], () => {});
        } catch (error) {
          if (!(error instanceof DicomError)) throw error;
        }
      },
    ),
    { numRuns: RUNS },
  );
});

function isRefused(code: string) {
  return (error: unknown) => error instanceof DicomError && error.code === code;
}

function bytes(length: number): Uint8Array {
  return new Uint8Array(length).map((_, index) => index);
}

function tagOf(piece: Piece): number {
  const bytes = piece(EXPLICIT_LITTLE_ENDIAN);
  return ((bytes.readUInt16LE(0) << 16) | bytes.readUInt16LE(2)) >>> 0;
}
