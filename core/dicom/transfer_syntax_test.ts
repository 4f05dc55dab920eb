import assert from "node:assert/strict";
import { findTransferSyntax, TRANSFER_SYNTAXES } from "./transfer_syntax.ts";
import { isUid } from "./uid.ts";

Deno.test("TRANSFER_SYNTAXES have distinct UIDs and names, by which they are found", () => {
  for (const syntax of TRANSFER_SYNTAXES) {
    assert.ok(isUid(syntax.uid), syntax.uid);
    assert.equal(findTransferSyntax(syntax.uid), syntax);
  }
  assert.equal(new Set(TRANSFER_SYNTAXES.map(({ name }) => name)).size, TRANSFER_SYNTAXES.length);
  assert.equal(findTransferSyntax("1.2.3"), undefined);
});

Deno.test("TRANSFER_SYNTAXES are explicit little endian but the few that PS3.5 Annex A excepts", () => {
  const uids = (picked: (typeof TRANSFER_SYNTAXES)[number][]) => picked.map(({ uid }) => uid);
  const select = (test: (syntax: (typeof TRANSFER_SYNTAXES)[number]) => boolean) =>
    uids(TRANSFER_SYNTAXES.filter(test));
  assert.deepEqual(select(({ explicitVr }) => !explicitVr), [
    "1.2.840.10008.1.2",
    "1.2.840.113619.5.2",
  ]);
  assert.deepEqual(select(({ littleEndian }) => !littleEndian), ["1.2.840.10008.1.2.2"]);
  assert.deepEqual(select(({ deflated }) => deflated), [
    "1.2.840.10008.1.2.1.99",
    "1.2.840.10008.1.2.4.95",
    "1.2.840.10008.1.2.4.205",
  ]);
  assert.deepEqual(select((syntax) => !syntax.encapsulated && !syntax.deflated), [
    "1.2.840.10008.1.2",
    "1.2.840.10008.1.2.1",
    "1.2.840.10008.1.2.2",
    "1.2.840.10008.1.2.4.94",
    "1.2.840.10008.1.2.4.204",
    "1.2.840.113619.5.2",
  ]);
});
