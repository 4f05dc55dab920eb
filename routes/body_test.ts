import assert from "node:assert/strict";
import { Hono } from "hono";
import { deflateSync, gzipSync } from "node:zlib";
import { DicomError } from "../core/errors.ts";
import { bodyOf, limitBody, readJson } from "./body.ts";
import { createErrorHandlers } from "./errors.ts";

const MB = 1_000_000;
const LIMITS = { maximumBytes: 2 * MB, maximumInflated: 10 * MB };

const BODIES: readonly (readonly [
  what: string,
  status: number,
  body: Uint8Array<ArrayBuffer>,
  headers: Record<string, string>,
])[] = [
  ["a plain body", 200, new Uint8Array(MB), {}],
  ["gzip", 200, packed(gzipSync, MB), { "content-encoding": "gzip" }],
  ["gzip by its old name", 200, packed(gzipSync, MB), { "content-encoding": "X-GZip" }],
  ["deflate", 200, packed(deflateSync, MB), { "content-encoding": "deflate" }],
  ["identity", 200, new Uint8Array(MB), { "content-encoding": "identity" }],
  ["an unknown encoding", 415, new Uint8Array(MB), { "content-encoding": "br" }],
  ["gzip that is cut short", 400, packed(gzipSync, MB).slice(0, -50), {
    "content-encoding": "gzip",
  }],
  ["gzip that is none", 400, new Uint8Array(MB), { "content-encoding": "gzip" }],
  ["gzip that is empty", 400, new Uint8Array(), { "content-encoding": "gzip" }],
  ["gzip that inflates too far", 413, packed(gzipSync, 20 * MB), { "content-encoding": "gzip" }],
  ["a body that is too long", 413, new Uint8Array(3 * MB), {}],
  ["gzip that is too long itself", 413, new Uint8Array(gzipSync(noise(3 * MB))), {
    "content-encoding": "gzip",
  }],
  ["a length that is too long", 413, new Uint8Array(1), { "content-length": String(3 * MB) }],
];

for (const [what, status, body, headers] of BODIES) {
  Deno.test(`bodyOf() answers ${status} to ${what}`, async () => {
    const response = await routes().request("/size", { method: "POST", body, headers });
    assert.equal(response.status, status);
    if (status === 200) assert.equal(await response.text(), String(MB));
    else await response.body?.cancel();
  });
}

Deno.test("bodyOf() takes no more of a bomb than the limit", async () => {
  let taken = 0;
  const bomb = gzipSync(new Uint8Array(100 * MB));
  async function* pieces() {
    for (let at = 0; at < bomb.length; at += 1000) {
      taken += 1000;
      yield await Promise.resolve(new Uint8Array(bomb.subarray(at, at + 1000)));
    }
  }
  const request = new Request("http://localhost/size", {
    method: "POST",
    headers: { "content-encoding": "gzip" },
  });
  const response = await routes().fetch(request, { body: pieces() });
  assert.equal(response.status, 413);
  await response.body?.cancel();
  assert.ok(taken < bomb.length * 0.8, `${taken} of ${bomb.length} bytes`);
});

Deno.test("bodyOf() keeps the failure of what it inflates", async () => {
  async function* broken() {
    yield new Uint8Array(gzipSync(noise(1000)).subarray(0, 500));
    throw await Promise.resolve(new DicomError("timeout", "Cannot read: the client is slow"));
  }
  const request = new Request("http://localhost/size", {
    method: "POST",
    headers: { "content-encoding": "gzip" },
  });
  const response = await routes().fetch(request, { body: broken() });
  assert.match(await response.text(), /the client is slow/);
});

const JSONS: readonly (readonly [text: string, status: number, answer?: string])[] = [
  ['{"a":[1]}', 200, '{"a":[1]}'],
  ['{"a":"]]\\"[[["}', 200, '{"a":"]]\\"[[["}'],
  ["{", 200, "undefined"],
  ["", 200, "undefined"],
  ["[".repeat(100) + "]".repeat(100), 200, "[".repeat(100) + "]".repeat(100)],
  ["[".repeat(101) + "]".repeat(101), 400],
  [`"${"a".repeat(17 * 1024 * 1024)}"`, 413],
];

for (const [text, status, answer] of JSONS) {
  Deno.test(`readJson() answers ${status} to ${text.slice(0, 20)} (${text.length})`, async () => {
    const app = routes({ maximumBytes: 100 * MB, maximumInflated: 100 * MB });
    const response = await app.request("/json", { method: "POST", body: text });
    assert.equal(response.status, status);
    const body = await response.text();
    if (answer !== undefined) assert.equal(body, answer);
  });
}

Deno.test("readJson() takes a time that grows with the length", async () => {
  const text = '"' + '\\"'.repeat(2 * MB);
  const app = routes({ maximumBytes: 100 * MB, maximumInflated: 100 * MB });
  const start = performance.now();
  const response = await app.request("/json", { method: "POST", body: text });
  assert.equal(await response.text(), "undefined");
  assert.ok(performance.now() - start < 5000);
});

function routes(limits = LIMITS): Hono {
  const app = new Hono().use(limitBody(limits));
  app.onError(createErrorHandlers({ log: () => {}, describe: true }).onError);
  app.post("/size", async (c) => {
    let size = 0;
    for await (const { length } of bodyOf(c)) size += length;
    return c.text(String(size));
  });
  app.post("/json", async (c) => c.text(JSON.stringify(await readJson(c)) ?? "undefined"));
  return app;
}

function packed(pack: (bytes: Uint8Array) => Uint8Array, length: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(pack(new Uint8Array(length)));
}

function noise(length: number): Uint8Array {
  let seed = 1;
  return Uint8Array.from({ length }, () => (seed = Math.imul(seed, 1103515245) + 12345) >>> 16);
}
