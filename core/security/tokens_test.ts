import assert from "node:assert/strict";
import { type ApiToken, createFindToken, createToken, hashToken, isTokenHash } from "./tokens.ts";

const TOKEN = createToken();
const FAR = "192.0.2.1";

function finderOf(more: Partial<ApiToken> = {}) {
  return createFindToken({
    other: { tokenHash: hashToken(createToken()), role: "admin", addresses: [] },
    box: { tokenHash: hashToken(TOKEN), role: "write", addresses: [], ...more },
  });
}

Deno.test("createToken() makes tokens of 256 bits, each another", () => {
  assert.match(TOKEN, /^outpost_[A-Za-z0-9_-]{43}$/);
  assert.notEqual(createToken(), TOKEN);
});

Deno.test("hashToken() makes what the configuration takes, and isTokenHash() knows it", () => {
  assert.ok(isTokenHash(hashToken(TOKEN)));
  for (const text of [TOKEN, "", "sha256:", hashToken(TOKEN).toUpperCase(), `${hashToken("x")}0`]) {
    assert.ok(!isTokenHash(text), text);
  }
});

Deno.test("createFindToken() finds whose token it is, and nobody for another", () => {
  const find = finderOf();
  assert.deepEqual(find(TOKEN, FAR), { name: "box", role: "write" });
  for (const token of ["", hashToken(TOKEN), `${TOKEN} `, TOKEN.slice(0, -1), "x".repeat(1e6)]) {
    assert.equal(find(token, FAR), undefined);
  }
});

Deno.test("createFindToken() keeps a token to its addresses, IPv4 in IPv6 or not", () => {
  const find = finderOf({ addresses: [FAR, "2001:db8::1"] });
  assert.ok(find(TOKEN, FAR));
  assert.ok(find(TOKEN, `::FFFF:${FAR}`));
  assert.ok(find(TOKEN, "2001:DB8::1"));
  assert.equal(find(TOKEN, "192.0.2.2"), undefined);
});
