import assert from "node:assert/strict";
import {
  isStorageSopClass,
  SOP_CLASS,
  sopClassName,
  STORAGE_SOP_CLASS_UIDS,
  USUAL_STORAGE_SOP_CLASS_UIDS,
} from "./sop_class.ts";
import { isUid } from "./uid.ts";

Deno.test("isStorageSopClass() knows images and documents, and no service", () => {
  assert(isStorageSopClass("1.2.840.10008.5.1.4.1.1.2"));
  assert(isStorageSopClass("1.2.840.10008.5.1.4.1.1.104.1"));
  assert(isStorageSopClass("1.2.840.10008.5.1.4.1.1.6"), "a retired one");
  for (const uid of Object.values(SOP_CLASS)) assert(!isStorageSopClass(uid), uid);
  assert(!isStorageSopClass("1.2.840.10008.1.3.10"), "DICOMDIR");
});

Deno.test("sopClassName() names each class that the code needs", () => {
  assert.equal(sopClassName("1.2.840.10008.5.1.4.1.1.2"), "CT Image Storage");
  assert.equal(sopClassName(SOP_CLASS.verification), "Verification");
  assert.equal(sopClassName("1.2.840.10008.5.1.4.1.1.6"), "Ultrasound Image Storage");
  for (const uid of Object.values(SOP_CLASS)) assert(sopClassName(uid), uid);
  assert.equal(sopClassName("1.2.3"), undefined);
});

Deno.test("the table holds UIDs only, each once, with a name", () => {
  assert(STORAGE_SOP_CLASS_UIDS.length > 195);
  assert.equal(new Set(STORAGE_SOP_CLASS_UIDS).size, STORAGE_SOP_CLASS_UIDS.length);
  for (const uid of STORAGE_SOP_CLASS_UIDS) {
    assert(isUid(uid), uid);
    assert.match(sopClassName(uid)!, /^[\w(][^!]+$/, uid);
  }
});

Deno.test("the usual storage classes leave room in an association", () => {
  assert(USUAL_STORAGE_SOP_CLASS_UIDS.length > 100);
  assert(USUAL_STORAGE_SOP_CLASS_UIDS.length <= 126, `${USUAL_STORAGE_SOP_CLASS_UIDS.length}`);
  assert(USUAL_STORAGE_SOP_CLASS_UIDS.includes("1.2.840.10008.5.1.4.1.1.2"));
  assert(USUAL_STORAGE_SOP_CLASS_UIDS.includes("1.2.840.10008.5.1.4.1.1.481.3"));
});
