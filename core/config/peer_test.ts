import assert from "node:assert/strict";
import { peer, resolvePeers, shownPeer, shownPeerInShort, storedPeer } from "./peer.ts";

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

const WITH_SECRETS = {
  Url: "https://h/",
  Username: "alice",
  Password: "secret1",
  HttpHeaders: { Token: "secret2" },
  CertificateFile: "/c.pem",
  CertificateKeyFile: "/k.pem",
  CertificateKeyPassword: "secret3",
  Timeout: 5,
};

Deno.test("shownPeer() shows no secret", () => {
  assert.deepEqual(shownPeer(peer.parse(WITH_SECRETS)), {
    CertificateFile: "/c.pem",
    CertificateKeyFile: "/k.pem",
    CertificateKeyPassword: null,
    HttpHeaders: ["Token"],
    Password: null,
    Pkcs11: false,
    Timeout: 5,
    Url: "https://h/",
    Username: "alice",
  });
});

Deno.test("shownPeerInShort() takes the long form only where the short one cannot do", () => {
  assert.deepEqual(shownPeerInShort(peer.parse(["http://h"])), ["http://h/"]);
  assert.deepEqual(shownPeerInShort(peer.parse(["http://h", "a", "b"])), ["http://h/", "a", ""]);
  const long = peer.parse(WITH_SECRETS);
  assert.deepEqual(shownPeerInShort(long), shownPeer(long));
});

Deno.test("storedPeer() can be read again", () => {
  const parsed = peer.parse(WITH_SECRETS);
  assert.deepEqual(peer.parse(JSON.parse(JSON.stringify(storedPeer(parsed)))), parsed);
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
