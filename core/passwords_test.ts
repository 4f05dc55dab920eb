import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import fc from "fast-check";
import { DicomError } from "./errors.ts";
import { hashPassword, isUsablePassword, verifyPassword } from "./passwords.ts";

Deno.test("hashPassword() makes a hash that verifyPassword() tells from other passwords", async () => {
  const stored = await hashPassword("correct horse");
  assert.match(stored, /^\$scrypt\$ln=15,r=8,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/);
  assert.equal(await verifyPassword("correct horse", stored), true);
  assert.equal(await verifyPassword("correct horsf", stored), false);
  assert.equal(await verifyPassword(stored, stored), false);
});

Deno.test("hashPassword() salts", async () => {
  assert.notEqual(await hashPassword("same"), await hashPassword("same"));
});

Deno.test("hashPassword() refuses no password and an endless one", async () => {
  for (const clear of ["", "x".repeat(1025)]) {
    await assert.rejects(
      hashPassword(clear),
      (error) => error instanceof DicomError && error.code === "bad-request",
    );
  }
});

Deno.test("hashPassword() leaves the event loop free", async () => {
  let turns = 0;
  const timer = setInterval(() => turns++, 1);
  await hashPassword("slow");
  clearInterval(timer);
  assert.ok(turns > 0);
});

Deno.test("verifyPassword() computes the key of RFC 7914 Section 12", async () => {
  // the third example's first half: the first 32 bytes do not depend on the length of the key
  const key = Buffer.from(
    "7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2",
    "hex",
  );
  const salt = Buffer.from("SodiumChloride");
  const stored = `$scrypt$ln=14,r=8,p=1$${salt.toString("base64")}$${key.toString("base64")}`;
  assert.equal(await verifyPassword("pleaseletmein", stored), true);
  assert.equal(await verifyPassword("pleaseletmeim", stored), false);
});

Deno.test("verifyPassword() compares passwords stored in clear", async () => {
  const texts = fc.string({ unit: "binary", maxLength: 8 });
  await fc.assert(fc.asyncProperty(texts, texts, async (a, b) => {
    assert.equal(await verifyPassword(a, b), a.normalize("NFC") === b.normalize("NFC"));
  }));
});

Deno.test("verifyPassword() takes composed and decomposed letters for the same", async () => {
  assert.equal(await verifyPassword("Zu\u0308rich", "Z\u00fcrich"), true);
});

const SALT = "A".repeat(22);
const KEY = "A".repeat(43);

for (
  const [what, stored] of Object.entries({
    "too much memory": `$scrypt$ln=31,r=8,p=1$${SALT}$${KEY}`,
    "too large blocks": `$scrypt$ln=10,r=99,p=1$${SALT}$${KEY}`,
    "too many rounds": `$scrypt$ln=10,r=8,p=99$${SALT}$${KEY}`,
    "no cost": `$scrypt$ln=0,r=8,p=1$${SALT}$${KEY}`,
    "no salt": `$scrypt$ln=10,r=8,p=1$AA$${KEY}`,
    "a short key": `$scrypt$ln=10,r=8,p=1$${SALT}$AA`,
    "a long key": `$scrypt$ln=10,r=8,p=1$${SALT}$${"A".repeat(200)}`,
    "another form": "$scrypt$nothing",
  })
) {
  Deno.test(`verifyPassword() matches nothing with a hash of ${what}`, async () => {
    assert.equal(isUsablePassword(stored), false);
    assert.equal(await verifyPassword("x", stored), false);
    assert.equal(await verifyPassword(stored, stored), false);
  });
}

Deno.test("isUsablePassword() accepts clear passwords and bearable hashes", () => {
  assert.equal(isUsablePassword("secret"), true);
  assert.equal(isUsablePassword(`$scrypt$ln=15,r=8,p=1$${SALT}$${KEY}`), true);
  assert.equal(isUsablePassword(""), false);
});
