import fc from "fast-check";
import { element, fragments, item, type Piece, sequence } from "./dicom.ts";

/** Data sets of all kinds of pieces, nested. */
export const anyPieces: fc.Arbitrary<Piece[]> =
  fc.letrec<{ piece: Piece; pieces: Piece[] }>((tie) => ({
    pieces: fc.array(tie("piece"), { maxLength: 4 }),
    piece: fc.oneof(
      { depthSize: "small", withCrossShrink: true },
      fc.tuple(
        fc.constantFrom(0x00080018, 0x00090010, 0x00091001, 0x00100010, 0x00280010, 0x7fe00010),
        fc.constantFrom("UI", "LO", "UT", "OB", "UN", "US"),
        fc.uint8Array({ maxLength: 40 }),
        fc.boolean(),
      ).map(([tag, vr, value, odd]) => element(tag, vr as "UI", value, { odd })),
      fc.array(fc.uint8Array({ maxLength: 20 }), { maxLength: 3 }).map((parts) => fragments(parts)),
      fc.tuple(fc.array(tie("pieces"), { maxLength: 3 }), fc.boolean(), fc.boolean(), fc.boolean())
        .map(([items, undefinedLength, itemUndefined, unknown]) =>
          sequence(
            0x00081140,
            items.map((inner) => item(inner, { undefinedLength: itemUndefined })),
            { undefinedLength, vr: unknown ? "UN" : "SQ" },
          )
        ),
    ),
  })).pieces;
