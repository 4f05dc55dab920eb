import assert from "node:assert/strict";
import { type AnswerOptions, Outbound } from "./outbound.ts";
import type { Socket } from "../../core/net/socket.ts";
import { Deadline } from "./deadline.ts";

const MIB = 1 << 20;

Deno.test("Outbound.answer() joins head and body of a small answer in one write", async () => {
  const { text, writes } = await answer({ headers: { "content-length": "2" }, parts: ["ab"] });
  assert.equal(writes, 1);
  assert.match(text, /^HTTP\/1.1 200 OK\r\nDate: [^\r]+ GMT\r\nContent-Length: 2\r\n\r\nab$/);
});

Deno.test("Outbound.answer() sends an answer of unknown length in chunks (RFC 9112 Section 7.1)", async () => {
  const { text } = await answer({ parts: ["ab", "", "c".repeat(16)] });
  assert.ok(text.endsWith("\r\n\r\n2\r\nab\r\n10\r\ncccccccccccccccc\r\n0\r\n\r\n"), text);
  assert.match(text, /\r\nTransfer-Encoding: chunked\r\n/);
});

Deno.test("Outbound.answer() writes what is larger than it joins, and what is taken by pieces", async () => {
  const parts = ["a".repeat(MIB), "b".repeat(10)];
  const { text } = await answer({ parts, taken: 100_000 });
  const chunks = `${MIB.toString(16)}\r\n${parts[0]}\r\na\r\n${parts[1]}\r\n0\r\n\r\n`;
  assert.equal(text.slice(text.indexOf("\r\n\r\n") + 4), chunks);
});

Deno.test("Outbound.answer() gives HTTP/1.0 clients a length, or refuses", async () => {
  const small = await answer({ minor: 0, parts: ["ab", "c"] });
  assert.match(small.text, /\r\nContent-Length: 3\r\n\r\nabc$/);
  const large = await answer({ minor: 0, parts: ["a".repeat(5 * MIB), "b".repeat(5 * MIB)] });
  assert.match(large.text, /^HTTP\/1.1 505 .*\r\nContent-Length: 0\r\n\r\n$/s);
});

const BODYLESS: readonly (readonly [status: number, method: string, end: RegExp])[] = [
  [200, "HEAD", /\r\nContent-Length: 5\r\n\r\n$/],
  [304, "GET", /\r\nContent-Length: 5\r\n\r\n$/],
];

for (const [status, method, end] of BODYLESS) {
  Deno.test(`Outbound.answer() sends no body with ${status} to ${method}`, async () => {
    const headers = { "content-length": "5" };
    assert.match((await answer({ status, method, headers })).text, end);
  });
}

Deno.test("Outbound.answer() says the length of an answer without body, but for 204", async () => {
  assert.match((await answer({ status: 404 })).text, /\r\nContent-Length: 0\r\n\r\n$/);
  assert.doesNotMatch((await answer({ status: 204 })).text, /content-length/i);
});

Deno.test("Outbound.answer() leaves framing and connection to itself", async () => {
  const headers = { "transfer-encoding": "gzip", "connection": "x", "keep-alive": "y", "x-a": "b" };
  const { text } = await answer({ headers });
  assert.doesNotMatch(text, /gzip|connection|keep-alive/i);
  assert.match(text, /\r\nx-a: b\r\n/);
});

const WRONG_LENGTHS: readonly (readonly [declared: number, parts: readonly string[]])[] = [
  [3, ["ab"]],
  [1, ["ab"]],
  [MIB, ["ab", "c"]],
  [MIB, ["a".repeat(MIB), "b"]],
];

for (const [declared, parts] of WRONG_LENGTHS) {
  const lengths = parts.map(({ length }) => length).join(" and ");
  Deno.test(`Outbound.answer() rejects ${lengths} bytes where ${declared} are declared`, async () => {
    const headers = { "content-length": String(declared) };
    await assert.rejects(answer({ headers, parts }), /than it says/);
  });
}

Deno.test("Outbound.answer() never ends the chunks of a body that fails", async () => {
  const written: string[] = [];
  await assert.rejects(answer({ parts: ["ab"], failure: new Error("broken"), written }), /broken/);
  assert.match(written.join(""), /\r\n2\r\nab\r\n$/);
});

/** What is to be answered, and how the client takes it. */
interface Given {
  readonly status?: number;
  readonly method?: string;
  readonly minor?: 0 | 1;
  readonly headers?: Record<string, string>;
  readonly parts?: readonly string[];
  /** Thrown after the parts. */
  readonly failure?: Error;
  /** How many bytes the socket takes at a time. */
  readonly taken?: number;
  readonly written?: string[];
}

async function answer(given: Given): Promise<{ text: string; writes: number }> {
  const { status = 200, method = "GET", minor = 1, headers = {}, parts, failure } = given;
  const written = given.written ?? [];
  const outbound = new Outbound(socketInto(written, given.taken ?? Infinity), {
    deadline: new Deadline(),
    ms: 1000,
  });
  const body = parts && ReadableStream.from(pieces(parts, failure));
  const response = new Response(body ?? null, { status, headers });
  const reader = () => reading ??= response.body!.getReader(); // only answers with a body are pulled
  let reading: ReadableStreamDefaultReader<Uint8Array> | undefined;
  const options: AnswerOptions = { method, minor, connection: () => [] };
  const pull = async () => (await reader().read()).value;
  await outbound.answer(response, { pull, whole: () => response.bytes() }, options);
  return { text: written.join(""), writes: written.length };
}

async function* pieces(parts: readonly string[], failure: Error | undefined) {
  for (const part of parts) yield await Promise.resolve(new TextEncoder().encode(part));
  if (failure) throw failure;
}

function socketInto(written: string[], taken: number): Socket {
  return {
    remoteAddress: "127.0.0.1",
    secure: false,
    read: () => Promise.resolve(null),
    write(bytes) {
      const part = bytes.subarray(0, taken);
      written.push(new TextDecoder("latin1").decode(part));
      return Promise.resolve(part.length);
    },
    closeWrite: () => Promise.resolve(),
    close() {},
  };
}
