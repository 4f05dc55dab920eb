import assert from "node:assert/strict";
import fc from "fast-check";
import { encodeHead, parseChunkSize, parseHead, type RequestHead } from "./message.ts";

const RUNS = Number(Deno.env.get("FUZZ_RUNS") ?? 200);

Deno.test("parseHead() reads request line and fields (RFC 9112 Section 3)", () => {
  const head = accepted("GET /studies?expand HTTP/1.1\r\nHost: a.example:8042\r\nX-A:\t b c \t");
  assert.equal(head.method, "GET");
  assert.equal(head.target, "/studies?expand");
  assert.equal(head.host, "a.example:8042");
  assert.deepEqual(head.fields, [["host", "a.example:8042"], ["x-a", "b c"]]);
  assert.deepEqual(head.framing, { kind: "none" });
  assert.equal(head.persistent, true);
});

const TARGETS: readonly (readonly [requestLine: string, target: string, host: string])[] = [
  ["GET http://b.example/x?y HTTP/1.1", "/x?y", "b.example"],
  ["GET http://b.example HTTP/1.1", "/", "b.example"],
  ["GET http://b.example?y HTTP/1.1", "/?y", "b.example"],
  ["GET /caf\xc3\xa9 HTTP/1.1", "/caf%C3%A9", "a"],
  ["GET //b.example/x HTTP/1.1", "//b.example/x", "a"],
];

for (const [requestLine, target, host] of TARGETS) {
  Deno.test(`parseHead() finds the target of ${JSON.stringify(requestLine)}`, () => {
    const head = accepted(`${requestLine}\r\nHost: a`);
    assert.equal(head.target, target);
    assert.equal(head.host, host);
  });
}

const FRAMINGS: readonly (readonly [fields: string, framing: RequestHead["framing"]])[] = [
  ["Content-Length: 0", { kind: "length", bytes: 0 }],
  ["Content-Length: 999999999999999", { kind: "length", bytes: 999999999999999 }],
  ["Transfer-Encoding: Chunked", { kind: "chunked" }],
];

for (const [fields, framing] of FRAMINGS) {
  Deno.test(`parseHead() takes the framing of ${fields}`, () => {
    assert.deepEqual(accepted(`POST / HTTP/1.1\r\nHost: a\r\n${fields}`).framing, framing);
  });
}

const REFUSED: readonly (readonly [status: number, head: string])[] = [
  [400, ""],
  [400, "GET /"],
  [400, "GET / HTTP/1.1"],
  [400, "GET  / HTTP/1.1\r\nHost: a"],
  [400, "GET / HTTP/1.1 \r\nHost: a"],
  [400, "G\u0001T / HTTP/1.1\r\nHost: a"],
  [400, "GET / HTTP/1.1\nHost: a"],
  [400, "GET / HTTP/1.1\r\nHost: a\nX: b"],
  [400, "GET / HTTP/1.1\r\nHost: a\r\n folded"],
  [400, "GET / HTTP/1.1\r\nHost : a"],
  [400, "GET / HTTP/1.1\r\nHost: a\r\nX"],
  [400, "GET / HTTP/1.1\r\nHost: a\r\nX: \u0000"],
  [400, "GET / HTTP/1.1\r\nHost: a\r\nHost: b"],
  [400, "GET / HTTP/1.1\r\nHost: a\r\nHost: a"],
  [400, "GET / HTTP/1.1\r\nHost:"],
  [400, "GET / HTTP/1.1\r\nHost: a/b"],
  [400, "GET / HTTP/1.1\r\nHost: u@a"],
  [400, "GET http://a@b/ HTTP/1.1\r\nHost: a"],
  [400, "GET /a#b HTTP/1.1\r\nHost: a"],
  [400, "GET studies HTTP/1.1\r\nHost: a"],
  [400, "OPTIONS * HTTP/1.1\r\nHost: a"],
  [400, "CONNECT a:1 HTTP/1.1\r\nHost: a"],
  [400, `GET / HTTP/1.1\r\nHost: a${"\r\nX: y".repeat(200)}`],
  [400, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked"],
  [400, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 3"],
  [400, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3, 3"],
  [400, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +3"],
  [400, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -3"],
  [400, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0x3"],
  [400, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9999999999999999"],
  [400, "POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked"],
  [417, "GET / HTTP/1.1\r\nHost: a\r\nExpect: tea"],
  [501, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked"],
  [501, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked"],
  [505, "GET / HTTP/2.0\r\nHost: a"],
];

for (const [status, text] of REFUSED) {
  Deno.test(`parseHead() answers ${status} to ${JSON.stringify(text.slice(0, 90))}`, () => {
    const head = parseHead(latin1(text));
    assert.equal(head.kind === "refusal" && head.status, status);
  });
}

Deno.test("parseHead() ends the connection of HTTP/1.0 clients, and of those who ask for it", () => {
  assert.equal(accepted("GET / HTTP/1.0").persistent, false);
  assert.equal(accepted("GET / HTTP/1.1\r\nHost: a\r\nConnection: x, Close").persistent, false);
});

Deno.test("parseHead() lets only HTTP/1.1 clients wait for 100 Continue", () => {
  const fields = "Host: a\r\nExpect: 100-Continue\r\nContent-Length: 1";
  assert.equal(accepted(`POST / HTTP/1.1\r\n${fields}`).expectsContinue, true);
  assert.equal(accepted(`POST / HTTP/1.0\r\n${fields}`).expectsContinue, false);
});

Deno.test("parseHead() takes any bytes, in a time that grows with their number", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      const head = parseHead(bytes);
      assert.ok(head.kind === "refusal" || head.target.startsWith("/"));
    }),
    { numRuns: RUNS },
  );
  const blanks = latin1(`GET / HTTP/1.1\r\nHost: a\r\nX: a${" ".repeat(30_000)}b`);
  const start = performance.now();
  for (let run = 0; run < 20; run++) parseHead(blanks);
  assert.ok(performance.now() - start < 1000);
});

Deno.test("parseHead() gives back the fields that were written", () => {
  const name = fc.stringMatching(/^[a-z][a-z0-9-]{0,10}$/)
    .filter((text) => !/^(host|expect|connection|content-length|transfer-encoding)$/.test(text));
  const value = fc.stringMatching(/^[!-~]([ -~]{0,20}[!-~])?$/);
  fc.assert(
    fc.property(fc.array(fc.tuple(name, value), { maxLength: 20 }), (fields) => {
      const lines = fields.map(([name, value]) => `\r\n${name}: ${value}`);
      const head = accepted(`GET / HTTP/1.1\r\nhost: a${lines.join("")}`);
      assert.deepEqual(head.fields, [["host", "a"], ...fields]);
    }),
    { numRuns: RUNS },
  );
});

Deno.test("parseChunkSize() reads hexadecimal sizes and ignores extensions", () => {
  const sizes = ["0", "1aF", "10;name=value", "5 ;x"].map((line) => parseChunkSize(latin1(line)));
  assert.deepEqual(sizes, [0, 0x1af, 16, 5]);
  for (const line of ["", "-1", "0x5", " 5", "g", "fffffffffffff", "5\n"]) {
    assert.equal(parseChunkSize(latin1(line)), undefined, line);
  }
});

Deno.test("encodeHead() writes status line, fields and the empty line", () => {
  const head = new TextDecoder("latin1").decode(encodeHead(404, [["A", "b"], ["C", "\xe9"]]));
  assert.equal(head, "HTTP/1.1 404 Not Found\r\nA: b\r\nC: \xe9\r\n\r\n");
});

function accepted(text: string): RequestHead {
  const head = parseHead(latin1(text));
  if (head.kind === "refusal") assert.fail(`refused: ${head.reason}`);
  return head;
}

function latin1(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}
