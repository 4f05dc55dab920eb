import assert from "node:assert/strict";
import fc from "fast-check";
import { SOP_CLASS, USUAL_STORAGE_SOP_CLASS_UIDS } from "../../core/dicom/sop_class.ts";
import {
  contextsOf,
  proposalKey,
  proposeRetrieval,
  proposeStorage,
  rolesOf,
  withLikely,
} from "./proposals.ts";

const CT = "1.2.840.10008.5.1.4.1.1.2";
const MR = "1.2.840.10008.5.1.4.1.1.4";
const EXPLICIT = "1.2.840.10008.1.2.1";
const UNCOMPRESSED = [EXPLICIT, "1.2.840.10008.1.2", "1.2.840.10008.1.2.2"];
const JPEG = "1.2.840.10008.1.2.4.70";

const kind = (sopClassUid: string, transferSyntaxUid: string) => ({
  sopClassUid,
  transferSyntaxUid,
});

Deno.test("proposeStorage() proposes each kind alone, then what it can be made of it", () => {
  const kinds = [kind(CT, JPEG), kind(CT, JPEG), kind(MR, EXPLICIT)];
  const propose = (allowTranscoding: boolean) =>
    proposeStorage({ kinds, allowTranscoding, preferredTransferSyntax: EXPLICIT })
      .map(({ abstractSyntax, transferSyntaxes }) => [abstractSyntax, ...transferSyntaxes]);
  assert.deepEqual(propose(false), [[CT, JPEG], [MR, EXPLICIT]]);
  assert.deepEqual(propose(true), [
    [CT, JPEG],
    [MR, EXPLICIT],
    [CT, EXPLICIT],
    [CT, ...UNCOMPRESSED],
    [MR, ...UNCOMPRESSED],
  ]);
});

Deno.test("proposals fit into an association, are distinct, and have odd ids", () => {
  const uid = fc.nat(300).map((number) => `1.2.3.${number}`);
  const kinds = fc.array(fc.tuple(uid, uid).map(([a, b]) => kind(a, b)), { maxLength: 200 });
  fc.assert(fc.property(kinds, fc.boolean(), (given, allowTranscoding) => {
    const wishes = { kinds: given, allowTranscoding, preferredTransferSyntax: EXPLICIT };
    const needed = proposeStorage(wishes);
    const proposals = withLikely(needed);
    assert.deepEqual(proposals.slice(0, needed.length), needed);
    assert.equal(new Set(proposals.map(proposalKey)).size, proposals.length);
    const ids = contextsOf(proposals).map(({ id }) => id);
    assert(ids.every((id) => id % 2 === 1 && id <= 255));
    assert.equal(new Set(ids).size, ids.length);
  }));
});

Deno.test("proposeRetrieval() offers all classes uncompressed first, as SCP, and compressed while there is room", () => {
  const two = proposeRetrieval(SOP_CLASS.studyRootGet, [CT, MR]);
  assert.equal(two[0]?.abstractSyntax, SOP_CLASS.studyRootGet);
  assert.equal(two[0]?.asScp, undefined);
  assert.deepEqual(two.slice(1, 3).map(({ transferSyntaxes }) => transferSyntaxes), [
    UNCOMPRESSED,
    UNCOMPRESSED,
  ]);
  assert(two.some((each) => each.abstractSyntax === CT && each.transferSyntaxes[0] === JPEG));
  assert.deepEqual(rolesOf(two), [CT, MR].map((sopClassUid) => ({ sopClassUid, scu: 0, scp: 1 })));
  const many = proposeRetrieval(SOP_CLASS.studyRootGet, USUAL_STORAGE_SOP_CLASS_UIDS);
  const classes = new Set(many.map(({ abstractSyntax }) => abstractSyntax));
  assert(USUAL_STORAGE_SOP_CLASS_UIDS.every((uid) => classes.has(uid)));
  assert(many.length <= 128);
});
