import assert from "node:assert/strict";
import fc from "fast-check";
import { isUid } from "../dicom/uid.ts";
import { createUidMap, newSecret } from "./uid_map.ts";

Deno.test("createUidMap() gives UIDs and UUIDs, the same for the same", () => {
  const secret = newSecret();
  fc.assert(fc.property(fc.string(), fc.string(), (a, b) => {
    const map = createUidMap(secret);
    assert.ok(isUid(map.uid(a)));
    assert.match(
      map.patient(a),
      /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
    );
    assert.equal(createUidMap(secret).uid(a), map.uid(a));
    assert.equal(map.uid(a) === map.uid(b), a === b);
  }));
});

Deno.test("createUidMap() gives others for another secret", () => {
  assert.notEqual(createUidMap(newSecret()).uid("1.2"), createUidMap(newSecret()).uid("1.2"));
});
