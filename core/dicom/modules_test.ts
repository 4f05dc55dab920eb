import assert from "node:assert/strict";
import { findByTag } from "./dictionary.ts";
import { MODULES } from "./modules.ts";
import { TAG, tagHex } from "./tag.ts";

Deno.test("MODULES hold attributes of the dictionary, each once, and what identifies the level", () => {
  for (const tags of Object.values(MODULES)) {
    assert.equal(new Set(tags).size, tags.length);
    for (const tag of tags) assert.ok(findByTag(tag), tagHex(tag));
  }
  const has = (tags: readonly number[], tag: number) => tags.includes(tag);
  assert.ok(has(MODULES.patient, TAG.patientId));
  assert.ok(has(MODULES.study, TAG.studyInstanceUid));
  assert.ok(has(MODULES.series, TAG.seriesInstanceUid));
  assert.ok(has(MODULES.instance, TAG.sopInstanceUid));
});
