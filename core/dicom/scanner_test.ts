import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import {
  dataSet,
  element,
  fragments,
  item,
  marker,
  type Piece,
  raw,
  sequence,
} from "../../tests/support/dicom.ts";
import { recorder, scan, scanned } from "../../tests/support/scan.ts";
import { MAXIMUM_DEPTH } from "./container_stack.ts";
import { DataSetScanner } from "./scanner.ts";
import { TAG } from "./tag.ts";
import {
  EXPLICIT_BIG_ENDIAN,
  EXPLICIT_LITTLE_ENDIAN,
  IMPLICIT_LITTLE_ENDIAN,
} from "./transfer_syntax.ts";

const ENCODINGS = [IMPLICIT_LITTLE_ENDIAN, EXPLICIT_LITTLE_ENDIAN, EXPLICIT_BIG_ENDIAN];

const NAME = element(TAG.patientName, "PN", "A^B");
const NAME_EVENTS = ["0010,0010 PN 0", "= 415e4220"];

for (const encoding of ENCODINGS) {
  Deno.test(`push() reads elements with short and long headers: ${encoding.name}`, () => {
    const pieces = [
      element(TAG.sopClassUid, "UI", "1.2"),
      element(0x00189073, "FD", [1]),
      element(0x0040a160, "UT", "text"),
      element(TAG.pixelData, "OW", Uint8Array.of(1, 2)),
    ];
    assert.deepEqual(scanned(pieces, { encoding }), [
      "0008,0016 UI 0",
      "= 312e3200",
      "0018,9073 FD 0",
      encoding.littleEndian ? "= 000000000000f03f" : "= 3ff0000000000000",
      "0040,a160 UT 0",
      "= 74657874",
      "7fe0,0010 OW 0",
      "= 0102",
    ]);
  });

  for (const outer of [{}, { undefinedLength: true }, { superfluous: true }]) {
    for (const inner of [{}, { undefinedLength: true }, { superfluous: true }]) {
      const ends = `sequence ${JSON.stringify(outer)}, item ${JSON.stringify(inner)}`;
      Deno.test(`push() nests: ${encoding.name}, ${ends}`, () => {
        const deep = sequence(0x00081199, [item([NAME], inner)], outer);
        const pieces = [sequence(0x00081140, [item([deep], inner), item([], inner)], outer), NAME];
        const open = encoding.explicitVr ? "{" : "{ implicit";
        assert.deepEqual(scanned(pieces, { encoding }), [
          "0008,1140 SQ 0 [",
          open,
          "0008,1199 SQ 1 [",
          open,
          "0010,0010 PN 2",
          "= 415e4220",
          "}",
          "]",
          "}",
          open,
          "}",
          "]",
          ...NAME_EVENTS,
        ]);
      });
    }
  }

  Deno.test(`push() reads fragments, with and without an offset table: ${encoding.name}`, () => {
    const offsets = fragments([Uint8Array.of(0, 0, 0, 0), Uint8Array.of(7, 8)]);
    const none = fragments([new Uint8Array(0), Uint8Array.of(7, 8)]);
    const header = encoding.explicitVr ? 12 : 8;
    const vr = encoding.explicitVr ? "OB" : "OW"; // the dictionary's
    assert.deepEqual(scanned([offsets], { encoding }), [
      `7fe0,0010 ${vr} 0 <`,
      `fragment ${header + 8}+4`,
      "= 00000000",
      `fragment ${header + 20}+2`,
      "= 0708",
      ">",
    ]);
    assert.equal(scanned([none], { encoding })[1], `fragment ${header + 8}+0`);
  });
}

Deno.test("push() reads an element written as UN by the dictionary, in little endian only", () => {
  const unknown = element(TAG.patientName, "UN", "A^B ");
  assert.deepEqual(scanned([unknown]), NAME_EVENTS);
  assert.equal(scanned([unknown], { encoding: EXPLICIT_BIG_ENDIAN })[0], "0010,0010 UN 0");
});

Deno.test("push() reads implicit VR little endian in a sequence written as UN", () => {
  const inside = ["{ implicit", "0010,0010 PN 1", "= 415e4220", "}", "]"];
  for (const undefinedLength of [true, false]) {
    const known = sequence(0x00081140, [item([NAME])], { vr: "UN", undefinedLength });
    assert.deepEqual(scanned([known]), ["0008,1140 SQ 0 [", ...inside]);
  }
  const unheardOf = sequence(0x00091001, [item([NAME])], { vr: "UN", undefinedLength: true });
  for (const encoding of [EXPLICIT_LITTLE_ENDIAN, EXPLICIT_BIG_ENDIAN]) {
    assert.deepEqual(scanned([unheardOf], { encoding }), ["0009,1001 UN 0 [", ...inside]);
  }
});

Deno.test("push() takes what is written as UN and is no sequence as bytes", () => {
  const values = ["ab", "no sequence at all"];
  for (const value of values) {
    const [header, bytes] = scanned([element(0x00081140, "UN", value), NAME]);
    assert.equal(header, "0008,1140 UN 0");
    assert.equal(bytes, `= ${Buffer.from(value).toString("hex")}`);
  }
  assert.deepEqual(scanned([element(0x00081140, "UN", "")]), ["0008,1140 SQ 0 [", "]"]);
});

Deno.test("push() goes back to explicit VR behind a sequence written as UN", () => {
  const unknown = sequence(0x00081140, [item([])], { vr: "UN", undefinedLength: true });
  const outer = sequence(0x00081110, [item([unknown, NAME])]);
  assert.deepEqual(
    scanned([outer, NAME]).slice(-5),
    [
      "0010,0010 PN 1",
      "= 415e4220",
      "}",
      "]",
      ...NAME_EVENTS,
    ].slice(-5),
  );
});

Deno.test("push() takes an unknown VR as UN with a long header, and its tag by the dictionary", () => {
  const bytes = [0x10, 0, 0x10, 0, 0x5a, 0x5a, 0, 0, 2, 0, 0, 0, 0x41, 0x20];
  assert.deepEqual(scanned([raw(bytes)]), ["0010,0010 PN 0", "= 4120"]);
});

Deno.test("push() reads an implicit element among explicit ones", () => {
  const implicit: Piece = () => NAME(IMPLICIT_LITTLE_ENDIAN);
  const pieces = [element(TAG.modality, "CS", "CT"), implicit, element(TAG.patientId, "LO", "1")];
  assert.deepEqual(scanned(pieces).slice(2), [...NAME_EVENTS, "0010,0020 LO 0", "= 3120"]);
});

Deno.test("push() takes values of odd length as they are", () => {
  const odd = element(TAG.patientName, "PN", "A^B", { odd: true });
  assert.deepEqual(scanned([odd, NAME]), ["0010,0010 PN 0", "= 415e42", ...NAME_EVENTS]);
});

Deno.test("push() reports repeated and unordered tags, and what follows Pixel Data", () => {
  const pixelData = element(TAG.pixelData, "OB", "ab");
  const events = scanned([pixelData, NAME, NAME, element(0xfffcfffc, "OB", "pads")]);
  assert.deepEqual(events, [
    "7fe0,0010 OB 0",
    "= 6162",
    ...NAME_EVENTS,
    ...NAME_EVENTS,
    "fffc,fffc OB 0",
    "= 70616473",
  ]);
});

Deno.test("end() accepts zeros behind the data set, and nothing else", () => {
  for (const length of [1, 7, 8, 13, 512]) {
    assert.deepEqual(scanned([NAME, raw(new Uint8Array(length))]), NAME_EVENTS);
    const spoilt = new Uint8Array(length).with(length - 1, 1);
    assert.deepEqual(scanned([NAME, raw(spoilt)]), [...NAME_EVENTS, "refused"]);
  }
});

Deno.test("push() takes no value that is not wanted, and no sequence for a value", () => {
  const pieces = [NAME, fragments([Uint8Array.of(1, 2)]), sequence(0x00081140, [item([NAME])])];
  assert.deepEqual(scanned(pieces, { wanted: () => false }), [
    "0010,0010 PN 0",
    "7fe0,0010 OB 0 <",
    "fragment 32+2",
    ">",
    "0008,1140 SQ 0 [",
    "{",
    "0010,0010 PN 1",
    "}",
    "]",
  ]);
});

Deno.test("stopBefore ends the scan at that tag of the data set itself, whatever follows", () => {
  const nested = sequence(0x00081140, [item([element(TAG.patientId, "LO", "1")])]);
  const rest = raw([0x10, 0, 0x20, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  const events = scanned([nested, NAME, rest], { stopBefore: (tag) => tag === TAG.patientId });
  assert.deepEqual(events.slice(-3), ["]", ...NAME_EVENTS]);
});

const DAMAGED: Readonly<Record<string, readonly Piece[]>> = {
  "an item outside a sequence": [(encoding) => marker(TAG.item, 0, encoding)],
  "a delimiter outside a sequence": [(encoding) => marker(TAG.itemDelimitation, 0, encoding)],
  "an element among items": [sequence(0x00081140, [NAME])],
  "an element among fragments": [
    raw([0xe0, 0x7f, 0x10, 0, 0x4f, 0x42, 0, 0, 0xff, 0xff, 0xff, 0xff]),
    NAME,
  ],
  "an item in an item": [sequence(0x00081140, [item([item([])])])],
  "a sequence delimiter in an item": [
    sequence(0x00081140, [
      item([(encoding) => marker(TAG.sequenceDelimitation, 0, encoding)], {
        undefinedLength: true,
      }),
    ]),
  ],
  "a value beyond its item": [
    sequence(0x00081140, [item([element(TAG.patientName, "PN", "A^", { length: 4 })])]),
    NAME,
  ],
  "a value beyond the sequence around an item of undefined length": [
    sequence(0x00081140, [
      item([element(TAG.patientName, "PN", "A^", { length: 60 })], { undefinedLength: true }),
    ]),
    element(0x00104000, "LT", "x".repeat(100)),
  ],
  "an item beyond its sequence": [
    sequence(0x00081140, [(encoding) => marker(TAG.item, 4, encoding)]),
    NAME,
  ],
  "an item without its delimiter": [
    sequence(0x00081140, [(encoding) => marker(TAG.item, 0xffffffff, encoding), NAME]),
    NAME,
  ],
  "a sequence without its delimiter": [
    raw([8, 0, 0x40, 0x11, 0x53, 0x51, 0, 0, 0xff, 0xff, 0xff, 0xff]),
  ],
  "a fragment of undefined length": [
    raw([0xe0, 0x7f, 0x10, 0, 0x4f, 0x42, 0, 0, 0xff, 0xff, 0xff, 0xff]),
    (encoding) => marker(TAG.item, 0xffffffff, encoding),
    (encoding) => marker(TAG.sequenceDelimitation, 0, encoding),
  ],
};

for (const [name, pieces] of Object.entries(DAMAGED)) {
  Deno.test(`push() refuses ${name}`, () => {
    assert.equal(scanned(pieces).at(-1), "refused");
  });
}

Deno.test("push() accepts sequences up to the depth that is allowed", () => {
  const nest = (depth: number): Piece =>
    depth === 0 ? NAME : sequence(0x00081140, [item([nest(depth - 1)])]);
  assert.notEqual(scanned([nest(MAXIMUM_DEPTH)]).at(-1), "refused");
  assert.equal(scanned([nest(MAXIMUM_DEPTH + 1)]).at(-1), "refused");
});

Deno.test("push() refuses 10,000 nested sequences after the first of them", () => {
  const level = [8, 0, 0x40, 0x11, 0x53, 0x51, 0, 0, 0xff, 0xff, 0xff, 0xff]
    .concat([0xfe, 0xff, 0, 0xe0, 0xff, 0xff, 0xff, 0xff]);
  const bytes = Uint8Array.from(Array.from({ length: 10_000 }, () => level).flat());
  const events = scan(bytes);
  assert.equal(events.at(-1), "refused");
  assert.equal(events.length, 2 * MAXIMUM_DEPTH + 1);
});

Deno.test("push() refuses a length beyond the data set at once, and otherwise takes memory as bytes come", () => {
  const lie = dataSet([
    element(TAG.pixelData, "OB", new Uint8Array(1000), { length: 0x7fffffff }),
  ], EXPLICIT_LITTLE_ENDIAN);
  const vrOfTag = () => undefined;
  const encoding = EXPLICIT_LITTLE_ENDIAN;
  const known = new DataSetScanner({
    encoding,
    vrOfTag,
    sink: recorder(() => true).sink,
    size: lie.length,
  });
  assert.throws(() => known.push(lie), { name: "DicomError", code: "bad-file" });

  const before = Deno.memoryUsage();
  const unknown = new DataSetScanner({ encoding, vrOfTag, sink: recorder(() => true).sink });
  unknown.push(lie);
  const { external } = Deno.memoryUsage();
  assert.ok(external - before.external < 10_000_000, `${external} bytes`);
  assert.throws(() => unknown.end(), { name: "DicomError", code: "bad-file" });
});

Deno.test("skippable tells what may be passed over, and skip() does it in any steps", () => {
  const { events, sink } = recorder((tag) => tag === TAG.patientName);
  const encoding = EXPLICIT_LITTLE_ENDIAN;
  const scanner = new DataSetScanner({ encoding, sink, vrOfTag: () => undefined });
  assert.equal(scanner.skippable, 0);
  const bytes = dataSet([element(TAG.pixelData, "OB", new Uint8Array(100)), NAME], encoding);
  scanner.push(bytes.subarray(0, 20));
  assert.equal(scanner.skippable, 92);
  scanner.skip(90);
  assert.equal(scanner.skippable, 2);
  scanner.push(bytes.subarray(110));
  scanner.end();
  assert.deepEqual(events, ["7fe0,0010 OB 0", ...NAME_EVENTS]);
});
