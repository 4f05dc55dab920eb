import { Buffer } from "node:buffer";
import { TAG } from "../../core/dicom/tag.ts";
import {
  EXPLICIT_BIG_ENDIAN,
  EXPLICIT_LITTLE_ENDIAN,
  IMPLICIT_LITTLE_ENDIAN,
} from "../../core/dicom/transfer_syntax.ts";
import {
  element,
  type FileDescription,
  fragments,
  item,
  part10,
  type Piece,
  raw,
  sequence,
} from "./dicom.ts";

const DEFLATED = "1.2.840.10008.1.2.1.99";
const RLE = "1.2.840.10008.1.2.5";
const PIXELS = element(TAG.pixelData, "OW", new Uint8Array(8).fill(7));
const INNER = [element(0x00081150, "UI", "1.2.3"), element(0x00081155, "UI", "1.2.3.4")];

/** The identity, the `rest` in its place, and Pixel Data. */
function instance(rest: readonly Piece[], pixels: readonly Piece[] = [PIXELS]): Piece[] {
  return [
    element(TAG.sopClassUid, "UI", "1.2.840.10008.5.1.4.1.1.7"),
    element(TAG.sopInstanceUid, "UI", "1.2.3.4.5"),
    element(TAG.modality, "CS", "OT"),
    element(TAG.patientName, "PN", "Doe^John"),
    element(TAG.patientId, "LO", "P1"),
    element(TAG.studyInstanceUid, "UI", "1.2.3"),
    element(TAG.seriesInstanceUid, "UI", "1.2.3.4"),
    ...rest,
    ...pixels,
  ];
}

const nest = (depth: number): Piece =>
  sequence(0x0040a730, [item([
    element(0x0040a160, "UT", `depth ${depth}`),
    ...(depth === 0 ? [] : [nest(depth - 1)]),
  ])], { undefinedLength: depth % 2 === 0 });

/** One element of each VR that has a text. */
const EVERY_VR: readonly Piece[] = [
  element(0x00280009, "AT", [0x00181063]),
  element(0x00280010, "US", [1]),
  element(0x00280011, "US", [2]),
  element(0x00280106, "SS", [-5]),
  element(0x00400441, "SQ", ""),
  element(0x00404005, "DT", "20240102030405.123456+0100"),
  element(0x00409094, "FL", [0.1, 1e-10]),
  element(0x0040a043, "SQ", ""),
  element(0x0040a160, "UT", "text\\with backslash "),
  element(0x00620020, "UT", "x"),
  element(0x00660002, "SQ", ""),
  element(0x00720069, "OB", "ab"),
  element(0x00720074, "FD", [0.1, -1e300, 5e-324, 123456789012345680]),
  element(0x00720078, "UL", [4294967295, 0]),
  element(0x0072007c, "SL", [-1, 5]),
  element(0x0072007e, "SS", [-1, 7]),
];

const PIECES: Readonly<Record<string, readonly Piece[]>> = {
  "plain": instance([]),
  "every VR": instance(EVERY_VR),
  "sequences of defined length": instance([sequence(0x00400275, [item(INNER), item([])])]),
  "sequences of undefined length": instance([
    sequence(0x00400275, [item(INNER, { undefinedLength: true })], { undefinedLength: true }),
  ]),
  "mixed lengths": instance([
    sequence(0x00400275, [item(INNER), item(INNER, { undefinedLength: true })]),
    sequence(0x00400555, [item(INNER)], { undefinedLength: true }),
  ]),
  "deep sequences": instance([nest(10)]),
  "empty values": instance([
    element(0x00200020, "CS", ""),
    element(0x00280030, "DS", ""),
    element(0x00280106, "US", ""),
    sequence(0x00400275, []),
  ]),
  "padding": instance([
    element(0x00204000, "LT", "  two leading, three trailing   "),
    element(0x00280030, "DS", "0.5\\0.5 "),
    element(0x00321060, "LO", "NUL\0"),
    element(0x00400253, "SH", "    "),
  ]),
  "long texts": instance([
    element(0x00204000, "LT", "x".repeat(256)),
    element(0x0040a160, "UT", "y".repeat(257)),
    element(0x00404001, "CS", "z".repeat(300)),
  ]),
  "private elements": instance([
    element(0x00290010, "LO", "ACME 1"),
    element(0x00290011, "LO", "ACME 2 "),
    element(0x00291001, "LO", "of 1"),
    element(0x00291101, "DS", "1.5"),
    element(0x00291201, "SH", "of nobody"),
    element(0x00291102, "UN", "ab"),
    sequence(0x00291103, [
      item([element(0x00290010, "LO", "ACME 3"), element(0x00291001, "LO", "inside")]),
    ]),
  ]),
  "Latin 1 without a declaration": instance([element(0x00204000, "LT", "J\xe9r\xf4me")]),
};

const ENCODINGS = {
  "explicit VR": EXPLICIT_LITTLE_ENDIAN.uid,
  "implicit VR": IMPLICIT_LITTLE_ENDIAN.uid,
  "big endian": EXPLICIT_BIG_ENDIAN.uid,
  "deflated": DEFLATED,
};

const implicitly = (piece: Piece): Piece => () => piece(IMPLICIT_LITTLE_ENDIAN);

const SPECIAL: Readonly<Record<string, FileDescription>> = {
  "no preamble": { pieces: instance([]), preamble: false },
  "no file meta information": { pieces: instance([]), preamble: false, meta: false },
  "implicit VR without file meta information": {
    pieces: instance([]),
    preamble: false,
    meta: false,
    encoding: IMPLICIT_LITTLE_ENDIAN,
  },
  "no group length": { pieces: instance([]), groupLength: null },
  "no transfer syntax": { pieces: instance([]), syntax: null },
  "an unknown transfer syntax": { pieces: instance([]), syntax: "1.2.3.4" },
  "explicit VR declared, implicit VR real": {
    pieces: instance([]),
    encoding: IMPLICIT_LITTLE_ENDIAN,
  },
  "implicit VR declared, explicit VR real": {
    pieces: instance([]),
    syntax: IMPLICIT_LITTLE_ENDIAN.uid,
    encoding: EXPLICIT_LITTLE_ENDIAN,
  },
  "superfluous delimiters": {
    pieces: instance([sequence(0x00400275, [item(INNER, { superfluous: true })])]),
  },
  "a superfluous sequence delimiter": {
    pieces: instance([sequence(0x00400275, [item(INNER)], { superfluous: true })]),
  },
  "UN for a known tag": { pieces: instance([element(0x00204000, "UN", "text")]) },
  "UN for a known sequence": {
    pieces: instance([sequence(0x00400275, [item(INNER)], { vr: "UN" })]),
  },
  "UN of undefined length": {
    pieces: instance([sequence(0x00400275, [item(INNER)], { vr: "UN", undefinedLength: true })]),
  },
  "UN of undefined length for a private tag": {
    pieces: instance([
      element(0x00290010, "LO", "ACME 1"),
      sequence(0x00291001, [item(INNER)], { vr: "UN", undefinedLength: true }),
    ]),
  },
  "UN with other bytes for a known sequence": {
    pieces: instance([element(0x00400275, "UN", "no sequence at all")]),
  },
  "values of odd length": {
    pieces: instance([
      element(0x00204000, "LT", "odd", { odd: true }),
      element(0x00280030, "DS", "1\\2", { odd: true }),
    ]),
  },
  "zeros at the end": { pieces: [...instance([]), raw(new Uint8Array(100))] },
  "one zero at the end": { pieces: [...instance([]), raw([0])] },
  "elements behind Pixel Data": {
    pieces: [...instance([]), element(0xfffcfffc, "OB", "pads")],
  },
  "tags out of order": {
    pieces: instance([element(0x00280010, "US", [1]), element(0x00080070, "LO", "Maker")]),
  },
  "repeated tags": {
    pieces: instance([element(0x00204000, "LT", "first"), element(0x00204000, "LT", "second")]),
  },
  "fragments": {
    pieces: instance([], [fragments([new Uint8Array(0), Buffer.from("abcd"), Buffer.from("ef")])]),
    syntax: RLE,
  },
  "fragments with an offset table": {
    pieces: instance([], [fragments([new Uint8Array(4), Buffer.from("abcd")])]),
    syntax: RLE,
  },
  "an implicit element among explicit ones": {
    pieces: instance([implicitly(element(0x00204000, "LT", "implicit"))]),
  },
  "no pixels": { pieces: instance([], []) },
};

/** Small files by name, each a way in which data sets are written: well, oddly, or badly. */
export const TAG_FILES: ReadonlyMap<string, Uint8Array<ArrayBuffer>> = new Map([
  ...Object.entries(PIECES).flatMap(([name, pieces]) =>
    Object.entries(ENCODINGS).map(([encoding, syntax]) =>
      [`${name}, ${encoding}`, part10({ pieces, syntax })] as const
    )
  ),
  ...Object.entries(SPECIAL).map(([name, file]) => [name, part10(file)] as const),
]);
