import assert from "node:assert/strict";
import { element, type FileDescription, part10 } from "../../tests/support/dicom.ts";
import { DicomError } from "../errors.ts";
import { MAXIMUM_META_SIZE, metaText, readFileMeta } from "./part10.ts";
import { TAG } from "./tag.ts";
import {
  EXPLICIT_BIG_ENDIAN,
  EXPLICIT_LITTLE_ENDIAN,
  IMPLICIT_LITTLE_ENDIAN,
} from "./transfer_syntax.ts";

const PIECES = [element(TAG.sopClassUid, "UI", "1.2.3"), element(TAG.patientId, "LO", "P1")];
const DEFLATED = "1.2.840.10008.1.2.1.99";
const JPEG = "1.2.840.10008.1.2.4.50";
const GE_BIG_ENDIAN_PIXELS = "1.2.840.113619.5.2";

const LITTLE = { explicitVr: true, littleEndian: true };
const BIG = { explicitVr: true, littleEndian: false };
const IMPLICIT = { explicitVr: false, littleEndian: true };

type Case = readonly [
  file: Omit<FileDescription, "pieces">,
  uid: string,
  encoding: typeof LITTLE,
];

const READABLE: Readonly<Record<string, Case>> = {
  "explicit VR": [{}, EXPLICIT_LITTLE_ENDIAN.uid, LITTLE],
  "implicit VR": [{ syntax: IMPLICIT_LITTLE_ENDIAN.uid }, IMPLICIT_LITTLE_ENDIAN.uid, IMPLICIT],
  "big endian": [{ syntax: EXPLICIT_BIG_ENDIAN.uid }, EXPLICIT_BIG_ENDIAN.uid, BIG],
  "a compressed syntax": [{ syntax: JPEG }, JPEG, LITTLE],
  "an unknown syntax": [{ syntax: "1.2.3.4" }, "1.2.3.4", LITTLE],
  "no preamble": [{ preamble: false }, EXPLICIT_LITTLE_ENDIAN.uid, LITTLE],
  "no group 0002": [{ meta: false }, EXPLICIT_LITTLE_ENDIAN.uid, LITTLE],
  "no transfer syntax": [{ syntax: null }, EXPLICIT_LITTLE_ENDIAN.uid, LITTLE],
  "neither, explicit VR": [{ preamble: false, meta: false }, EXPLICIT_LITTLE_ENDIAN.uid, LITTLE],
  "neither, implicit VR": [
    { preamble: false, meta: false, encoding: IMPLICIT_LITTLE_ENDIAN },
    IMPLICIT_LITTLE_ENDIAN.uid,
    IMPLICIT,
  ],
  "neither, big endian": [
    { preamble: false, meta: false, encoding: EXPLICIT_BIG_ENDIAN },
    EXPLICIT_BIG_ENDIAN.uid,
    BIG,
  ],
  "a group length too small": [{ groupLength: 4 }, EXPLICIT_LITTLE_ENDIAN.uid, LITTLE],
  "a group length too large": [{ groupLength: 0x7fffffff }, EXPLICIT_LITTLE_ENDIAN.uid, LITTLE],
  "no group length": [{ groupLength: null }, EXPLICIT_LITTLE_ENDIAN.uid, LITTLE],
  "explicit declared, implicit VR real": [
    { encoding: IMPLICIT_LITTLE_ENDIAN },
    EXPLICIT_LITTLE_ENDIAN.uid,
    IMPLICIT,
  ],
  "implicit declared, explicit VR real": [
    { syntax: IMPLICIT_LITTLE_ENDIAN.uid, encoding: EXPLICIT_LITTLE_ENDIAN },
    IMPLICIT_LITTLE_ENDIAN.uid,
    LITTLE,
  ],
  "little endian declared, big endian real": [
    { encoding: EXPLICIT_BIG_ENDIAN },
    EXPLICIT_LITTLE_ENDIAN.uid,
    BIG,
  ],
  "big endian declared, little endian real": [
    { syntax: EXPLICIT_BIG_ENDIAN.uid, encoding: EXPLICIT_LITTLE_ENDIAN },
    EXPLICIT_BIG_ENDIAN.uid,
    LITTLE,
  ],
  "GE's implicit VR with big endian pixels": [
    { syntax: GE_BIG_ENDIAN_PIXELS },
    GE_BIG_ENDIAN_PIXELS,
    IMPLICIT,
  ],
};

for (const [name, [file, uid, encoding]] of Object.entries(READABLE)) {
  Deno.test(`readFileMeta() reads ${name}`, () => {
    const bytes = part10({ ...file, pieces: PIECES });
    const meta = readFileMeta(bytes);
    assert.deepEqual(meta.encoding, encoding);
    assert.equal(meta.transferSyntaxUid, uid);
    assert.equal(meta.deflated, false);
    const length = PIECES.reduce(
      (sum, piece) => sum + piece(file.encoding ?? { ...encoding }).length,
      0,
    );
    assert.equal(meta.dataSetOffset, bytes.length - length);
  });
}

Deno.test("readFileMeta() keeps the declared encoding of what is deflated, and of nothing", () => {
  const deflated = readFileMeta(part10({ pieces: PIECES, syntax: DEFLATED }));
  assert.equal(deflated.deflated, true);
  assert.deepEqual(deflated.encoding, LITTLE);
  const empty = readFileMeta(part10({ pieces: [], syntax: EXPLICIT_BIG_ENDIAN.uid }));
  assert.deepEqual(empty.encoding, BIG);
});

Deno.test("readFileMeta() trusts the declared byte order of a data set without group 0008", () => {
  for (const { uid, littleEndian } of [EXPLICIT_LITTLE_ENDIAN, EXPLICIT_BIG_ENDIAN]) {
    const pieces = [element(0x10000010, "US", [1])]; // the other way round its group is 0010
    assert.equal(readFileMeta(part10({ pieces, syntax: uid })).encoding.littleEndian, littleEndian);
  }
});

Deno.test("readFileMeta() takes two letters that are no VR for explicit VR where that is declared", () => {
  const bytes = part10({ pieces: PIECES });
  const { dataSetOffset } = readFileMeta(bytes);
  bytes.set([0x5a, 0x5a], dataSetOffset + 4);
  assert.deepEqual(readFileMeta(bytes).encoding, LITTLE);
});

Deno.test("readFileMeta() gives the elements of group 0002 as they are", () => {
  const { elements } = readFileMeta(part10({ pieces: PIECES }));
  assert.deepEqual(elements.map(({ tag, vr }) => [tag, vr]), [
    [0x00020000, "UL"],
    [0x00020001, "OB"],
    [0x00020002, "UI"],
    [0x00020003, "UI"],
    [0x00020010, "UI"],
  ]);
  assert.equal(metaText(elements, TAG.mediaStorageSopInstanceUid), "1.2.3.4.5");
  assert.equal(metaText(elements, 0x00020016), undefined);
});

const NOT_DICOM: Readonly<Record<string, Uint8Array>> = {
  "nothing": new Uint8Array(0),
  "zeros": new Uint8Array(1000),
  "text": new TextEncoder().encode("This is no DICOM file. ".repeat(50)),
  "a picture": Uint8Array.of(0xff, 0xd8, 0xff, 0xe0, 0, 16, 0x4a, 0x46, 0x49, 0x46),
};

for (const [name, bytes] of Object.entries(NOT_DICOM)) {
  Deno.test(`readFileMeta() refuses ${name}`, () => {
    assert.throws(() => readFileMeta(bytes), { name: "DicomError", code: "bad-file" });
  });
}

Deno.test("readFileMeta() refuses an element of group 0002 beyond the bytes, whatever it claims", () => {
  for (const length of [0xffff, 0xfffffffe, 0xffffffff]) {
    const lie = element(0x00020102, "OB", "x", { length });
    const bytes = part10({ preamble: false, meta: false, pieces: [lie] });
    assert.throws(() => readFileMeta(bytes), { name: "DicomError", code: "bad-file" });
  }
});

Deno.test("readFileMeta() takes every beginning of a file or throws DicomError", () => {
  const bytes = part10({ pieces: PIECES });
  for (let end = 0; end < bytes.length; end++) {
    try {
      assert.ok(readFileMeta(bytes.subarray(0, end)).dataSetOffset <= end);
    } catch (error) {
      assert.ok(error instanceof DicomError, String(error));
    }
  }
});

Deno.test("readFileMeta() finds nothing beyond the bytes that it was given", () => {
  const large = element(0x00020102, "OB", new Uint8Array(MAXIMUM_META_SIZE));
  const file = part10({ preamble: false, meta: false, pieces: [large, ...PIECES] });
  const head = file.subarray(0, MAXIMUM_META_SIZE);
  assert.throws(() => readFileMeta(head), { name: "DicomError", code: "bad-file" });
});
