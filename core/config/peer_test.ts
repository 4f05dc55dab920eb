import assert from "node:assert/strict";
import { peer, resolvePeers } from "./peer.ts";

Deno.test("peer reads the short form and ends the URL with a slash", () => {
  assert.deepEqual(peer.parse(["http://localhost:8043", "alice", "secret"]), {
    url: "http://localhost:8043/",
    username: "alice",
    password: "secret",
    httpHeaders: {},
    certificateFile: "",
    certificateKeyFile: "",
    certificateKeyPassword: "",
    timeout: 0,
  });
});

Deno.test("peer reads all forms alike", () => {
  const expected = peer.parse(["http://h/"]);
  assert.deepEqual(peer.parse({ Url: "http://h" }), expected);
  assert.deepEqual(peer.parse({ URL: "http://h/" }), expected);
});

Deno.test("resolvePeers() resolves the paths that there are", () => {
  const peers = { a: peer.parse({ Url: "http://h", CertificateFile: "c.pem" }) };
  const { a } = resolvePeers(peers, (path) => `/etc/${path}`);
  assert.equal(a?.certificateFile, "/etc/c.pem");
  assert.equal(a?.certificateKeyFile, "");
});

for (
  const [what, written] of Object.entries({
    "no URL": [],
    "another protocol": ["ftp://h/"],
    "a password in the URL": ["http://user:password@h/"],
    "a fourth item": ["http://h/", "a", "b", "c"],
    "two URLs": { Url: "http://h", URL: "http://h" },
    "an unknown key": { Url: "http://h", Pasword: "x" },
    "a smart card": { Url: "http://h", Pkcs11: true },
    "a header that holds two": { Url: "http://h", HttpHeaders: { a: "b\r\nc: d" } },
    "a header with a bad name": { Url: "http://h", HttpHeaders: { "a b": "c" } },
    "text": "http://h",
  })
) {
  Deno.test(`peer refuses ${what}`, () => {
    assert.equal(peer.safeParse(written).success, false);
  });
}
