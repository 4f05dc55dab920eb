import assert from "node:assert/strict";
import fc from "fast-check";
import { describe } from "../../../tests/support/images.ts";
import { DicomError } from "../../errors.ts";
import { checkHeader, readJpeg2000Header, readJpegHeader } from "./frame_header.ts";

const COMMENT = [0xff, 0xfe, 0, 4, 1, 2];

function jpeg(startOfFrame: number, ...before: readonly number[]): Uint8Array {
  const frame = [0xff, startOfFrame, 0, 17, 12, 0x01, 0x02, 0x03, 0x04, 3];
  return Uint8Array.of(0xff, 0xd8, ...before, ...frame, 0, 0, 0, 0);
}

/** 100 by 50 samples, of which the first 10 columns and 20 rows are left out. */
function codestream(): Uint8Array {
  const bytes = new Uint8Array(60);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, 0xff4fff51);
  [110, 70, 10, 20].forEach((value, index) => view.setUint32(8 + 4 * index, value));
  view.setUint16(40, 3);
  view.setUint8(42, 0x80 | 11); // signed, 12 bits
  return bytes;
}

Deno.test("readJpegHeader() finds the frame behind other segments and fill bytes", () => {
  const expected = { rows: 0x0102, columns: 0x0304, samplesPerPixel: 3, precision: 12 };
  assert.deepEqual(readJpegHeader(jpeg(0xc1)), { ...expected, lossless: false });
  assert.deepEqual(readJpegHeader(jpeg(0xc3, ...COMMENT, 0xff)), { ...expected, lossless: true });
  assert.deepEqual(readJpegHeader(jpeg(0xf7, ...COMMENT)), { ...expected, lossless: false });
});

Deno.test("readJpeg2000Header() reads the size, also behind the boxes of a JP2 file", () => {
  const expected = { rows: 50, columns: 100, samplesPerPixel: 3, precision: 12 };
  assert.deepEqual(readJpeg2000Header(codestream()), expected);
  const boxes = [0, 0, 0, 12, ...new Uint8Array(40)];
  assert.deepEqual(readJpeg2000Header(Uint8Array.of(...boxes, ...codestream())), expected);
});

Deno.test("header readers give a header or a DicomError, whatever the bytes", () => {
  const start = fc.constantFrom([0xff, 0xd8], [0xff, 0xd8, 0xff], [0xff, 0x4f, 0xff, 0x51], [
    ...[0, 0, 0, 12],
  ], []);
  fc.assert(fc.property(start, fc.uint8Array({ maxLength: 80 }), (head, tail) => {
    for (const read of [readJpegHeader, readJpeg2000Header]) {
      try {
        read(Uint8Array.of(...head, ...tail));
      } catch (error) {
        assert.ok(error instanceof DicomError, String(error));
      }
    }
  }));
});

Deno.test("checkHeader() refuses what the data set does not say", () => {
  const description = describe({ rows: 2, columns: 3 });
  const header = { rows: 2, columns: 3, samplesPerPixel: 1, precision: 8 };
  checkHeader(header, description);
  const lies = [{ rows: 65535 }, { columns: 1 }, { samplesPerPixel: 3 }, { precision: 9 }];
  for (const lie of lies) {
    assert.throws(() => checkHeader({ ...header, ...lie }, description), { code: "bad-file" });
  }
});
