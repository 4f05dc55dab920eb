import assert from "node:assert/strict";
import fc from "fast-check";
import { decodePdu, encodePdu } from "./pdu.ts";
import { DATA_HEADER_SIZE, readPduLength, readPdv, writeDataHeader } from "./pdv.ts";

const value = fc.record({
  contextId: fc.integer({ min: 0, max: 255 }),
  control: fc.integer({ min: 0, max: 3 }),
  fragment: fc.uint8Array({ maxLength: 300 }),
});

Deno.test("readPdv() finds in place what decodePdu() decodes", () => {
  fc.assert(fc.property(fc.array(value), (values) => {
    const bytes = encodePdu({ kind: "data", values });
    const end = 6 + readPduLength(bytes, 0);
    assert.equal(end, bytes.length);
    let at = 6;
    for (const { contextId, control, fragment } of values) {
      const pdv = readPdv(bytes, at, end);
      assert.equal(pdv.contextId, contextId);
      assert.equal(pdv.isCommand, (control & 1) !== 0);
      assert.equal(pdv.isLast, (control & 2) !== 0);
      assert.deepEqual([...bytes.subarray(pdv.start, pdv.end)], [...fragment]);
      at = pdv.end;
    }
    assert.equal(at, end);
  }));
});

Deno.test("writeDataHeader() writes what decodePdu() decodes", () => {
  fc.assert(fc.property(value, ({ contextId, control, fragment }) => {
    const bytes = new Uint8Array(DATA_HEADER_SIZE + fragment.length).fill(0xff);
    bytes.set(fragment, DATA_HEADER_SIZE);
    writeDataHeader(bytes, {
      contextId,
      isCommand: (control & 1) !== 0,
      isLast: (control & 2) !== 0,
      start: DATA_HEADER_SIZE,
      end: bytes.length,
    });
    assert.deepEqual(
      bytes,
      encodePdu({ kind: "data", values: [{ contextId, control, fragment }] }),
    );
    assert.equal(decodePdu(bytes[0]!, bytes.subarray(6)).kind, "data");
  }));
});

Deno.test("readPdv() refuses a value that is not complete", () => {
  const read = (...bytes: number[]) => () => readPdv(Uint8Array.from(bytes), 0, bytes.length);
  assert.throws(read(0, 0, 0), { name: "DicomError", code: "network" });
  assert.throws(read(0, 0, 0, 1, 1), { name: "DicomError", code: "network" });
  assert.throws(read(0, 0, 0, 3, 1, 3), { name: "DicomError", code: "network" });
  assert.throws(read(0xff, 0xff, 0xff, 0xff, 1, 3, 0), { name: "DicomError", code: "network" });
  assert.equal(read(0, 0, 0, 2, 1, 3)().end, 6);
});
