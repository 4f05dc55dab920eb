import assert from "node:assert/strict";
import { Certificates, OPENSSL_CHECK } from "../../tests/support/certificates.ts";
import { createTestClock } from "../../tests/support/clock.ts";
import { httpServer } from "../../tests/support/http_server.ts";
import { freePort, peerTest } from "../../tests/support/peer.ts";
import { systemClock } from "../clock.ts";
import type { HttpClient, HttpRequest, HttpServer } from "../ports/http_client.ts";
import { acceptVerifiedTls } from "./verified_tls.ts";
import { createHttpClient, type HttpClientOptions } from "./http_client.ts";

const NEVER = new AbortController().signal;

function clientOf(options: Partial<HttpClientOptions> = {}): Promise<HttpClient> {
  const defaults = { clock: systemClock, proxy: "", verify: true, authoritiesFile: "" };
  return createHttpClient({ ...defaults, ...options });
}

function serverAt(port: number, more: Partial<HttpServer> = {}): HttpServer {
  return httpServer(`http://127.0.0.1:${port}/`, more);
}

async function textOf(
  client: HttpClient,
  server: HttpServer,
  request: Partial<HttpRequest> = {},
): Promise<string> {
  await using answer = await client.send(server, { method: "GET", path: "x", ...request }, NEVER);
  const pieces = await Array.fromAsync(answer.body);
  return `${answer.status} ${await new Blob(pieces as BlobPart[]).text()}`;
}

function repeated(pieces: number, size: number) {
  return {
    length: pieces * size,
    async *read() {
      for (let piece = 0; piece < pieces; piece++) {
        yield await Promise.resolve(new Uint8Array(size));
      }
    },
  };
}

/** Says what it was sent. */
async function describe(request: Request): Promise<Response> {
  const { method, headers } = request;
  const { length } = await request.bytes();
  const told = ["authorization", "x-mine", "content-length"].map((name) => headers.get(name));
  return new Response(JSON.stringify([method, new URL(request.url).pathname, ...told, length]));
}

/** A server that handles connections by hand. */
function raw(onConnection: (conn: Deno.TcpConn, count: number) => Promise<void>) {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const ends: Promise<void>[] = [];
  const loop = (async () => {
    for await (const conn of listener) ends.push(onConnection(conn, ends.length));
  })();
  return {
    port: listener.addr.port,
    async [Symbol.asyncDispose]() {
      listener.close();
      await loop;
      await Promise.all(ends);
    },
  };
}

Deno.test("send() carries method, path, headers, user and a body of known length", async () => {
  await using server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, describe);
  await using client = await clientOf();
  const target = serverAt(server.addr.port, {
    username: "me",
    password: "ü:x",
    headers: { "X-Mine": "1" },
  });
  const got = await textOf(client, target, { method: "POST", body: repeated(20, 65_536) });
  const basic = `Basic ${new TextEncoder().encode("me:ü:x").toBase64()}`;
  assert.equal(got, `200 ${JSON.stringify(["POST", "/x", basic, "1", "1310720", 1310720])}`);
});

Deno.test("send() uses a connection again, and another when that one was closed meanwhile", async () => {
  const answered: number[] = [];
  await using server = raw(async (conn, count) => {
    const answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    for (let request = 0; request < (count === 0 ? 2 : 1); request++) {
      if (await conn.read(new Uint8Array(4096)) === null) break;
      answered.push(count);
      await conn.write(new TextEncoder().encode(answer));
    }
    await conn.read(new Uint8Array(4096)); // of the first connection, the third request: it gets no answer
    conn.close();
  });
  await using client = await clientOf();
  for (let request = 0; request < 3; request++) {
    assert.equal(await textOf(client, serverAt(server.port)), "200 ok");
  }
  assert.deepEqual(answered, [0, 0, 1]);
  await client[Symbol.asyncDispose]();
});

Deno.test("send() does not repeat a request that a fresh connection does not answer", async () => {
  let connections = 0;
  await using server = raw(async (conn) => {
    connections++;
    await conn.read(new Uint8Array(4096));
    conn.close();
  });
  await using client = await clientOf();
  await assert.rejects(textOf(client, serverAt(server.port)), { code: "network" });
  assert.equal(connections, 1);
});

Deno.test("an answer that comes early ends the sending", async () => {
  await using server = raw(async (conn) => {
    await conn.read(new Uint8Array(4096));
    await conn.write(
      new TextEncoder().encode("HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno"),
    );
    while (await conn.read(new Uint8Array(65_536)).catch(() => null) !== null);
    conn.close();
  });
  await using client = await clientOf();
  let read = 0;
  const body = {
    length: 2 ** 40,
    async *read() {
      for (;; read++) yield await Promise.resolve(new Uint8Array(65_536));
    },
  };
  assert.equal(await textOf(client, serverAt(server.port), { method: "POST", body }), "413 no");
});

Deno.test("a server that is not there is a failure of the network", async () => {
  await using client = await clientOf();
  const port = freePort();
  await assert.rejects(textOf(client, serverAt(port)), (error: Error & { code: string }) => {
    assert.equal(error.code, "network");
    assert.match(error.message, new RegExp(`^Cannot reach 127.0.0.1:${port}: .*refused`, "i"));
    return true;
  });
});

Deno.test("a silent server ends by the time limit", async () => {
  const clock = createTestClock();
  const asked = Promise.withResolvers<void>();
  await using server = raw(async (conn) => {
    await conn.read(new Uint8Array(4096));
    asked.resolve();
    while (await conn.read(new Uint8Array(4096)).catch(() => null) !== null);
    conn.close();
  });
  await using client = await clientOf({ clock });
  const sent = textOf(client, serverAt(server.port, { timeoutMs: 5000 }));
  await asked.promise;
  clock.advance(5000);
  await assert.rejects(sent, { code: "timeout" });
});

Deno.test("an abort ends a request with its reason", async () => {
  const asked = Promise.withResolvers<void>();
  await using server = raw(async (conn) => {
    await conn.read(new Uint8Array(4096));
    asked.resolve();
    await conn.read(new Uint8Array(4096)).catch(() => null);
    conn.close();
  });
  await using client = await clientOf();
  const stop = new AbortController();
  const sent = client.send(serverAt(server.port), { method: "GET", path: "" }, stop.signal);
  await asked.promise;
  stop.abort(new Error("enough"));
  await assert.rejects(sent, { message: "enough" });
});

Deno.test("a body that cannot be read is the failure of the request", async () => {
  await using server = raw(async (conn) => {
    while (await conn.read(new Uint8Array(4096)).catch(() => null) !== null);
    conn.close();
  });
  await using client = await clientOf();
  const body = {
    length: 10,
    // deno-lint-ignore require-yield
    async *read(): AsyncGenerator<Uint8Array> {
      throw await Promise.resolve(new Error("gone"));
    },
  };
  await assert.rejects(textOf(client, serverAt(server.port), { method: "POST", body }), {
    message: "gone",
  });
});

Deno.test("an answer that is cut short is a failure of the network", async () => {
  await using server = raw(async (conn) => {
    await conn.read(new Uint8Array(4096));
    await conn.write(new TextEncoder().encode("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok"));
    conn.close();
  });
  await using client = await clientOf();
  await assert.rejects(textOf(client, serverAt(server.port)), { code: "network" });
});

Deno.test("a proxy gets the whole URL and its password", async () => {
  const seen = Promise.withResolvers<string>();
  await using proxy = raw(async (conn) => {
    const buffer = new Uint8Array(4096);
    const count = await conn.read(buffer);
    seen.resolve(new TextDecoder().decode(buffer.subarray(0, count ?? 0)));
    await conn.write(
      new TextEncoder().encode(
        "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok",
      ),
    );
    conn.close();
  });
  await using client = await clientOf({ proxy: `me:secret@127.0.0.1:${proxy.port}` });
  const target = serverAt(0, { url: "http://pacs.example/orthanc/" });
  assert.equal(await textOf(client, target), "200 ok");
  const head = (await seen.promise).toLowerCase();
  assert.match(head, /^get http:\/\/pacs\.example\/orthanc\/x http\/1\.1\r\n/);
  assert.match(head, /\r\nhost: pacs\.example\r\n/);
  assert.match(head, /\r\nproxy-authorization: basic /);
});

for (const proxy of ["ftp://h:1", "h:1/path", "h:port"]) {
  Deno.test(`a proxy written ${proxy} is refused`, async () => {
    await assert.rejects(clientOf({ proxy }), { code: "configuration" });
  });
}

peerTest({
  name: "servers with TLS are checked unless told otherwise, and get our certificate",
  needs: [OPENSSL_CHECK],
  async fn(t) {
    await using certificates = await Certificates.create();
    const { createServer } = await import("node:https");
    const pem = (path: string) => Deno.readTextFileSync(path);
    const authority = certificates.certificate("authority");
    const server = createServer({
      cert: pem(certificates.certificate("server")),
      key: pem(certificates.key("server")),
    }, (_request, response) => response.end("ok"));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as { port: number };
    const target = serverAt(0, { url: `https://127.0.0.1:${port}/` });

    await t.step("an unknown authority is refused", async () => {
      await using client = await clientOf();
      await assert.rejects(textOf(client, target), { code: "network" });
    });
    await t.step("a known one is trusted, and the connection used again", async () => {
      await using client = await clientOf({ authoritiesFile: authority });
      assert.equal(await textOf(client, target), "200 ok");
      assert.equal(await textOf(client, target), "200 ok");
    });
    await t.step("HttpsVerifyPeers false trusts anybody", async () => {
      await using client = await clientOf({ verify: false });
      assert.equal(await textOf(client, target), "200 ok");
    });
    await t.step("a proxy makes a tunnel", async () => {
      const heads: string[] = [];
      await using proxy = raw(async (conn) => {
        const buffer = new Uint8Array(4096);
        const count = await conn.read(buffer);
        heads.push(new TextDecoder().decode(buffer.subarray(0, count ?? 0)));
        const inner = await Deno.connect({ hostname: "127.0.0.1", port });
        await conn.write(new TextEncoder().encode("HTTP/1.1 200 OK\r\n\r\n"));
        await Promise.allSettled([
          conn.readable.pipeTo(inner.writable),
          inner.readable.pipeTo(conn.writable),
        ]);
      });
      await using client = await clientOf({
        authoritiesFile: authority,
        proxy: `me:secret@127.0.0.1:${proxy.port}`,
      });
      assert.equal(await textOf(client, target), "200 ok");
      assert.match(heads[0]!, new RegExp(`^CONNECT 127.0.0.1:${port} HTTP/1.1\r\n`));
      assert.match(heads[0]!.toLowerCase(), /proxy-authorization: basic /);
      await client[Symbol.asyncDispose]();
    });
    await t.step("our certificate is shown, its key read with its password", async () => {
      const keyFile = `${certificates.path}/encrypted.key`;
      const command = new Deno.Command("openssl", {
        args: ["pkcs8", "-topk8", "-in", certificates.key("client"), "-out", keyFile].concat(
          ["-passout", "pass:secret"],
        ),
      });
      assert.ok((await command.output()).success);
      const checking = await acceptVerifiedTls({
        hostname: "127.0.0.1",
        port: 0,
        certificatePem: pem(certificates.certificate("server")),
        keyPem: pem(certificates.key("server")),
        minimumVersion: "TLSv1.2",
        verifyPeers: { caPem: pem(authority) },
        purpose: { name: "x", verifyOption: "x", versionOption: "x", alpnProtocols: [] },
        log: () => {},
        onSocket: async (socket) => {
          await socket.read(new Uint8Array(4096));
          const answer = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok";
          await socket.write(new TextEncoder().encode(answer));
          await socket.closeWrite();
        },
      });
      await using client = await clientOf({ authoritiesFile: authority });
      const anonymous = serverAt(0, { url: `https://127.0.0.1:${checking.port}/` });
      const known = {
        ...anonymous,
        certificateFile: certificates.certificate("client"),
        certificateKeyFile: keyFile,
        certificateKeyPassword: "secret",
      };
      await assert.rejects(textOf(client, anonymous), { code: "network" });
      assert.equal(await textOf(client, known), "200 ok");
      const wrong = { ...known, certificateKeyPassword: "other" };
      await assert.rejects(textOf(client, wrong), { code: "configuration" });
      await checking.close();
    });
    await t.step("a key without its file is refused", async () => {
      await using client = await clientOf();
      const certificateFile = certificates.certificate("client");
      const bad = { ...target, certificateFile, certificateKeyFile: "/nowhere/key.pem" };
      await assert.rejects(textOf(client, bad), { code: "configuration" });
    });
    await new Promise((resolve) => server.close(resolve));
  },
});
