import assert from "node:assert/strict";
import fc from "fast-check";
import { encodeFileMeta } from "./file_meta.ts";
import { metaText, readFileMeta } from "./part10.ts";

const uid = fc.array(fc.integer({ min: 0, max: 99_999 }), { minLength: 2, maxLength: 9 })
  .map((parts) => parts.join("."));

Deno.test("encodeFileMeta() is read back by readFileMeta()", () => {
  const aet = fc.stringMatching(/^[A-Z0-9]{1,16}$/);
  fc.assert(fc.property(uid, uid, aet, (sopClassUid, sopInstanceUid, sourceAet) => {
    const transferSyntaxUid = "1.2.840.10008.1.2.4.70";
    const bytes = encodeFileMeta({ sopClassUid, sopInstanceUid, transferSyntaxUid, sourceAet });
    const meta = readFileMeta(bytes);
    assert.equal(bytes.length % 2, 0);
    assert.equal(meta.dataSetOffset, bytes.length);
    assert.equal(meta.transferSyntaxUid, transferSyntaxUid);
    assert.equal(metaText(meta.elements, 0x00020002), sopClassUid);
    assert.equal(metaText(meta.elements, 0x00020003), sopInstanceUid);
    assert.equal(metaText(meta.elements, 0x00020016), sourceAet);
    assert.deepEqual(meta.elements[1]?.bytes, Uint8Array.of(0, 1));
  }));
});

Deno.test("encodeFileMeta() begins with the length of the group", () => {
  const meta = { sopClassUid: "1.2", sopInstanceUid: "1.3", transferSyntaxUid: "1.4" };
  const bytes = encodeFileMeta({ ...meta, sourceAet: "A" });
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(140, true);
  assert.equal(length, bytes.length - 144);
});
