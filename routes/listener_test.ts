import assert from "node:assert/strict";
import { Hono } from "hono";
import { type HttpListener, listen, type ListenOptions } from "./listener.ts";
import type { FetchHandler } from "./listener/connection.ts";
import type { RequestEnv } from "./listener/request.ts";
import { Client } from "../tests/support/http_client.ts";

const LIMITS = {
  headerBytes: 4096,
  headersTimeoutMs: 200,
  requestTimeoutMs: 300,
  keepAliveMs: 400,
  maxConnections: 20,
};

Deno.test("listen() answers what app.fetch answers, over one connection", async () => {
  const app = new Hono<{ Bindings: RequestEnv }>()
    .get("/hello", (c) => c.text(`${c.env.remoteAddress} ${c.req.header("x-a")}`))
    .post("/size", async (c) => c.json({ bytes: await sizeOf(c.env.body) }));
  await using server = await start((request, env) => app.fetch(request, env));
  using client = await Client.open(portOf(server));

  await client.send("GET /hello HTTP/1.1\r\nHost: a\r\nX-A: 1\r\n\r\n");
  const hello = await client.answer();
  assert.equal(hello.status, 200);
  assert.equal(hello.body, "127.0.0.1 1");

  await client.send(
    "POST /size HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n2\r\nde\r\n0\r\nT: 1\r\n\r\n",
  );
  assert.equal((await client.answer()).body, '{"bytes":5}');
});

Deno.test("listen() answers pipelined requests in order", async () => {
  await using server = await start(({ url }) => text(new URL(url).pathname));
  using client = await Client.open(portOf(server));
  await client.send("GET /a HTTP/1.1\r\nHost: a\r\n\r\n\r\nGET /b HTTP/1.1\r\nHost: a\r\n\r\n");
  assert.equal((await client.answer()).body, "/a");
  assert.equal((await client.answer()).body, "/b");
});

Deno.test("listen() goes on after a small body that the handler did not read", async () => {
  await using server = await start(({ method }) => text(method));
  using client = await Client.open(portOf(server));
  await client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}");
  assert.equal((await client.answer()).body, "POST");
  await client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  assert.equal((await client.answer()).body, "GET");
});

Deno.test("listen() streams a large body both ways", async () => {
  const bytes = 5_000_000;
  await using server = await start((_request, env) => new Response(ReadableStream.from(env.body)));
  const port = portOf(server);
  const sent = new Uint8Array(bytes).map((_, index) => index * 7);
  const response = await fetch(`http://127.0.0.1:${port}/`, { method: "POST", body: sent });
  assert.deepEqual(await response.bytes(), sent);
});

Deno.test("listen() says 100 Continue when the body is wanted, at once", async () => {
  await using server = await start(async (_request, env) => text(`${await sizeOf(env.body)}`));
  using client = await Client.open(portOf(server));
  await client.send(expecting(3));
  assert.equal((await client.answer()).status, 100);
  await client.send("abc");
  assert.equal((await client.answer()).body, "3");
});

Deno.test("listen() refuses without 100 Continue when the body is not wanted", async () => {
  await using server = await start(() => new Response(null, { status: 413 }));
  using client = await Client.open(portOf(server));
  await client.send(expecting(3_000_000_000));
  const answer = await client.answer();
  assert.equal(answer.status, 413);
  assert.equal(answer.fields.get("connection"), "close");
});

Deno.test("listen() lets a client that still sends read the refusal", async () => {
  await using server = await start(() => new Response(null, { status: 413 }));
  const port = portOf(server);
  const response = await fetch(`http://127.0.0.1:${port}/`, {
    method: "POST",
    body: new Uint8Array(3_000_000),
  });
  assert.equal(response.status, 413);
  await response.body?.cancel();
});

const REFUSED: readonly (readonly [what: string, status: number, request: string])[] = [
  ["a request without Host", 400, "GET / HTTP/1.1\r\n\r\n"],
  ["a header that is too large", 431, `GET / HTTP/1.1\r\nHost: a\r\nA: ${"a".repeat(5000)}`],
  ["HTTP/2 in clear", 505, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"],
];

for (const [what, status, request] of REFUSED) {
  Deno.test(`listen() refuses ${what} with ${status}`, async () => {
    await using server = await start(() => text("never"));
    using client = await Client.open(portOf(server));
    await client.send(request);
    assert.equal((await client.answer()).status, status);
    assert.equal(await client.rest(), "");
  });
}

Deno.test("listen() gives up on a head that does not come to its end", async () => {
  await using server = await start(() => text("never"));
  using client = await Client.open(portOf(server));
  await client.send("GET / HTTP/1.1\r\nHost:");
  assert.equal((await client.answer()).status, 408);
  using silent = await Client.open(portOf(server));
  assert.equal(await silent.rest(), "");
});

Deno.test("listen() ends a connection that stays idle", async () => {
  await using server = await start(() => text("hello"));
  using client = await Client.open(portOf(server));
  await client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  await client.answer();
  assert.equal(await client.rest(), "");
});

Deno.test("listen() lets a slow but steady body pass, and ends one that stops", async () => {
  const outcomes: string[] = [];
  await using server = await start(async (_request, env) => {
    const outcome = await sizeOf(env.body).then(String, (error) => error.code);
    outcomes.push(outcome);
    return text(outcome);
  });
  using client = await Client.open(portOf(server));
  await client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n");
  for (const letter of "abcde") {
    await new Promise((resolve) => setTimeout(resolve, LIMITS.requestTimeoutMs / 3));
    await client.send(letter);
  }
  assert.equal((await client.answer()).body, "5");

  await client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab");
  assert.equal(await client.rest(), "");
  assert.deepEqual(outcomes, ["5", "network"]);
});

Deno.test("listen() ends the body of a client that disconnects with an error", async () => {
  const { promise, resolve } = Promise.withResolvers<string>();
  await using server = await start(async (_request, env) => {
    resolve(await sizeOf(env.body).then(String, (error) => error.code));
    return text("");
  });
  using client = await Client.open(portOf(server));
  await client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab");
  client.close();
  assert.equal(await promise, "network");
});

Deno.test("listen() cancels the answer and aborts the signal when the client disconnects", async () => {
  const cancelled = Promise.withResolvers<void>();
  const aborted = Promise.withResolvers<void>();
  await using server = await start((request) => {
    request.signal.addEventListener("abort", () => aborted.resolve());
    const first = new TextEncoder().encode("first");
    return new Response(
      new ReadableStream({
        start: (controller) => controller.enqueue(first),
        cancel: () => cancelled.resolve(),
      }),
    );
  });
  using client = await Client.open(portOf(server));
  await client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  await client.until("first");
  client.close();
  await Promise.all([cancelled.promise, aborted.promise]);
});

Deno.test("listen() cancels the answer to a client that takes nothing", async () => {
  const cancelled = Promise.withResolvers<void>();
  const body = new ReadableStream({
    pull: (controller) => controller.enqueue(new Uint8Array(1 << 20)),
    cancel: () => cancelled.resolve(),
  });
  await using server = await start(() => new Response(body));
  using client = await Client.open(portOf(server));
  await client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  await cancelled.promise;
});

const BROKEN: readonly (readonly [what: string, fields: Record<string, string>, then: string])[] = [
  ["in chunks", {}, "fail"],
  ["of known length", { "content-length": "1000000" }, "fail"],
  ["of known length", { "content-length": "1000000" }, "end"],
  ["of known small length", { "content-length": "100" }, "end"],
];

for (const [what, headers, then] of BROKEN) {
  Deno.test(`listen() breaks off an answer ${what} whose stream ${then}s early`, async () => {
    await using server = await start(() => new Response(brokenStream(then), { headers }));
    const port = portOf(server);
    await assert.rejects(async () => {
      await (await fetch(`http://127.0.0.1:${port}/`)).text();
    }, TypeError);
  });
}

Deno.test("listen() answers HEAD without body and a failing handler with 500", async () => {
  await using server = await start(({ method }) => {
    if (method === "GET") throw new Error("broken");
    return text("12345");
  });
  using client = await Client.open(portOf(server));
  await client.send("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n");
  await client.until("\r\n\r\n");
  await client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  const answer = await client.answer();
  assert.equal(answer.status, 500);
  assert.equal(answer.body, "");
});

Deno.test("listen() admits no more clients than it may", async () => {
  await using server = await start(() => text("hello"), { ...LIMITS, maxConnections: 1 });
  using first = await Client.open(portOf(server));
  await first.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  await first.answer();
  using second = await Client.open(portOf(server));
  assert.equal(await second.rest(), "");
});

Deno.test("HttpListener.close() lets the answer in hand finish, and frees the port", async () => {
  const begun = Promise.withResolvers<void>();
  const goOn = Promise.withResolvers<void>();
  const server = await start(async () => {
    begun.resolve();
    await goOn.promise;
    return text("done");
  });
  using idle = await Client.open(portOf(server));
  using client = await Client.open(portOf(server));
  await client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  await begun.promise;
  const closed = server.close(5000);
  goOn.resolve();
  const answer = await client.answer();
  assert.equal(answer.body, "done");
  assert.equal(answer.fields.get("connection"), "close");
  await closed;
  assert.equal(await idle.rest(), "");
  const port = portOf(server);
  await assert.rejects(Deno.connect({ hostname: "127.0.0.1", port }));
});

Deno.test("listen() says which address cannot be had", async () => {
  await using server = await start(() => text(""));
  const port = portOf(server);
  await assert.rejects(
    listen({ ...options(() => text("")), port }),
    { code: "configuration", message: new RegExp(`^Cannot listen on 127.0.0.1 port ${port}: `) },
  );
});

function options(handler: FetchHandler, limits = LIMITS): ListenOptions {
  return { handler, hostnames: ["127.0.0.1"], port: 0, limits, log: () => {} };
}

function start(handler: FetchHandler, limits = LIMITS): Promise<HttpListener> {
  return listen(options(handler, limits));
}

function portOf({ addresses }: HttpListener): number {
  return addresses[0]!.port; // each test listens on one address
}

function text(body: string): Response {
  return new Response(body, { headers: { "content-length": String(body.length) } });
}

function expecting(bytes: number): string {
  return `POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: ${bytes}\r\n\r\n`;
}

async function sizeOf(body: AsyncIterable<Uint8Array>): Promise<number> {
  let size = 0;
  for await (const chunk of body) size += chunk.length;
  return size;
}

function brokenStream(then: string): ReadableStream<Uint8Array> {
  let pulls = 0;
  return new ReadableStream({
    pull(controller) {
      if (pulls++ === 0) return controller.enqueue(new Uint8Array(10));
      if (then === "fail") controller.error(new Error("broken"));
      else controller.close();
    },
  }, { highWaterMark: 0 });
}
