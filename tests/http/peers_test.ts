import assert from "node:assert/strict";
import { startApp, type TestApp } from "../support/app.ts";
import { type FakePeer, startFakePeer } from "../support/fake_peer.ts";
import { FILES, IDS } from "../support/filled.ts";
import { freePort } from "../support/peer.ts";

const BIG_ENDIAN = "1.2.840.10008.1.2.2";

interface PeerApp extends TestApp {
  readonly peer: FakePeer;
}

/** A filled server that knows a peer, one with secrets, and a dead one. */
async function startPeerApp(
  answer?: Parameters<typeof startFakePeer>[0],
  config: Readonly<Record<string, unknown>> = {},
): Promise<PeerApp> {
  await using stack = new AsyncDisposableStack();
  const peer = stack.use(startFakePeer(answer));
  const OrthancPeers = {
    there: [peer.url],
    secret: {
      Url: peer.url,
      Username: "alice",
      Password: "hidden1",
      HttpHeaders: { Token: "hidden2" },
      Timeout: 7,
    },
    dead: [`http://127.0.0.1:${freePort()}`],
  };
  const server = stack.use(await startApp({ config: { OrthancPeers, ...config } }));
  for (const file of FILES) await server.upload(file);
  const running = stack.move();
  return { ...server, peer, [Symbol.asyncDispose]: () => running.disposeAsync() };
}

/** Requests in order; a number as body is `OrthancStatus`. */
const STEPS: readonly (readonly [
  method: string,
  path: string,
  sent: unknown,
  status: number,
  body: unknown,
])[] = [
  ["GET", "/peers", undefined, 200, ["dead", "secret", "there"]],
  ["GET", "/peers/there", undefined, 200, ["configuration", "store", "store-straight", "system"]],
  ["GET", "/peers/nope", undefined, 404, ""],
  ["GET", "/peers/nope/configuration", undefined, 404, 17],
  ["PUT", "/peers/new", ["http://h", "u", "p"], 200, ""],
  ["PUT", "/peers/new", { URL: "http://h:8043", Timeout: 5 }, 200, ""],
  ["GET", "/peers/new/configuration", undefined, 200, {
    HttpHeaders: [],
    Pkcs11: false,
    Timeout: 5,
    Url: "http://h:8043/",
  }],
  ["PUT", "/peers/new", "no JSON", 404, ""],
  ["PUT", "/peers/new", {}, 400, 15],
  ["PUT", "/peers/new", { Url: "ftp://h" }, 400, 15],
  ["DELETE", "/peers/new", undefined, 200, ""],
  ["DELETE", "/peers/new", undefined, 404, 17],
  ["GET", "/peers/dead/system", undefined, 500, 9],
  ["GET", "/peers/nope/system", undefined, 404, 17],
  ["POST", "/peers/nope/store", IDS.mr1, 404, 17],
  ["POST", "/peers/dead/store", IDS.mr1, 500, 9],
  ["POST", "/peers/there/store", "", 400, 15],
  ["POST", "/peers/there/store", "nope", 400, 15],
  ["POST", "/peers/there/store", {}, 400, 15],
  ["POST", "/peers/there/store", { Resources: [IDS.mr], Compress: "x" }, 400, 15],
  ["POST", "/peers/there/store", { Resources: [IDS.mr], Transcode: "1.2.3" }, 400, 15],
  ["POST", "/peers/there/store", ["nope"], 404, 17],
  ["POST", "/peers/there/store-straight", "", 400, 15],
  ["POST", "/peers/dead/store-straight", "x", 500, 9],
  ["POST", "/peers/nope/store-straight", "x", 404, 17],
];

Deno.test("/peers answers as Orthanc", async (t) => {
  await using server = await startPeerApp();
  for (const [method, path, sent, status, expected] of STEPS) {
    await t.step(`${method} ${path} ${JSON.stringify(sent) ?? ""}`, async () => {
      const response = await server.send(method, path, sent);
      const body = await response.text();
      assert.equal(response.status, status, body);
      if (expected === "") assert.equal(body, "");
      else if (typeof expected === "number") assert.equal(JSON.parse(body).OrthancStatus, expected);
      else assert.deepEqual(JSON.parse(body), expected);
    });
  }
});

Deno.test("GET /peers?expand shows all peers and no secret", async () => {
  await using server = await startPeerApp();
  const text = await (await server.send("GET", "/peers?expand")).text();
  assert.doesNotMatch(text, /hidden/);
  const { secret } = JSON.parse(text);
  assert.deepEqual(secret, {
    HttpHeaders: ["Token"],
    Password: null,
    Pkcs11: false,
    Timeout: 7,
    Url: server.peer.url,
    Username: "alice",
  });
});

for (
  const [form, body] of Object.entries({
    "a bare identifier": IDS.mr,
    "a JSON string": JSON.stringify(IDS.mr),
    "a JSON array": [IDS.mr],
    "an object": { Resources: [IDS.mr] },
  })
) {
  Deno.test(`store takes ${form}, and sends each file as it is`, async () => {
    await using server = await startPeerApp();
    const { peer } = server;
    const size = FILES[0]!.length + FILES[1]!.length;
    assert.deepEqual(await server.post("/peers/there/store", body), {
      Compress: false,
      Description: "REST API",
      FailedInstancesCount: 0,
      InstancesCount: 2,
      ParentResources: [IDS.mr],
      Peer: [peer.url],
      Resources: [{ ID: IDS.mr, Type: "Series" }],
      Size: String(size),
      SizeMB: 0,
    });
    assert.deepEqual(peer.got.map(({ method, path }) => `${method} ${path}`), [
      "POST /instances",
      "POST /instances",
    ]);
    const lengths = peer.got.map(({ headers }) => Number(headers.get("Content-Length")));
    assert.equal(lengths[0]! + lengths[1]!, size);
    const sent = new Set(peer.got.map(({ body }) => body.toHex()));
    assert.deepEqual(sent, new Set([FILES[0]!.toHex(), FILES[1]!.toHex()]));
  });
}

Deno.test("store sends user, password and header fields, and shows none", async () => {
  await using server = await startPeerApp();
  const answer = await server.post("/peers/secret/store", IDS.mr1);
  assert.doesNotMatch(JSON.stringify(answer), /hidden/);
  const { headers } = server.peer.got[0]!;
  assert.equal(headers.get("Authorization"), `Basic ${btoa("alice:hidden1")}`);
  assert.equal(headers.get("Token"), "hidden2");
});

Deno.test("store compresses and transcodes where it is told to", async () => {
  await using server = await startPeerApp();
  const request = { Resources: [IDS.mr1], Compress: true, Transcode: BIG_ENDIAN };
  const answer = await server.post<Record<string, unknown>>("/peers/there/store", request);
  assert.equal(answer.Transcode, BIG_ENDIAN);
  assert.equal(answer.Compress, true);
  const [{ body, headers }] = server.peer.got as [FakePeer["got"][number]];
  assert.equal(headers.get("Content-Encoding"), "gzip");
  const text = new TextDecoder("latin1").decode(body);
  assert.ok(text.includes(BIG_ENDIAN)); // in the file meta information
});

Deno.test("store fails with the first instance that is not taken, or goes on where it may", async () => {
  let count = 0;
  const answer = () => new Response("{}", { status: ++count % 2 === 1 ? 400 : 200 });
  await using server = await startPeerApp(answer);
  const strict = await server.send("POST", "/peers/there/store", IDS.mr);
  assert.equal(strict.status, 500);
  assert.equal((await strict.json()).OrthancStatus, 9);
  assert.equal(server.peer.got.length, 1);
  count = 0;
  const request = { Resources: [IDS.mr], Permissive: true };
  const result = await server.post<Record<string, unknown>>("/peers/there/store", request);
  assert.equal(result.FailedInstancesCount, 1);
  assert.equal(server.peer.got.length, 3);
});

Deno.test("store is a job where the client does not wait", async () => {
  const gate = Promise.withResolvers<void>();
  const answer = async () => {
    await gate.promise;
    return Response.json({ ID: "id", Status: "Success" });
  };
  await using server = await startPeerApp(answer);
  const request = { Resources: [IDS.mr1], Asynchronous: true, Priority: 3 };
  const job = await server.post<{ ID: string; Path: string }>("/peers/there/store", request);
  assert.equal(job.Path, `/jobs/${job.ID}`);
  const shown = await server.get<Record<string, unknown>>(job.Path);
  assert.deepEqual([shown.Type, shown.Priority], ["OrthancPeerStore", 3]);
  gate.resolve();
});

Deno.test("store-straight gives the answer of the peer and stores nothing here", async () => {
  await using server = await startPeerApp();
  const before = await server.get("/statistics");
  const answer = await server.post("/peers/there/store-straight", new Uint8Array([1, 2, 3]));
  assert.deepEqual(answer, { ID: "id", Status: "Success" });
  assert.deepEqual([...server.peer.got[0]!.body], [1, 2, 3]);
  assert.deepEqual(await server.get("/statistics"), before);
});

Deno.test("system gives what the peer says of itself", async () => {
  await using server = await startPeerApp(() => Response.json({ Name: "other" }));
  assert.deepEqual(await server.get("/peers/there/system"), { Name: "other" });
  assert.equal(server.peer.got[0]?.path, "/system");
});

for (
  const [what, answer] of Object.entries({
    "no JSON": () => new Response("<html>"),
    "another status": () => new Response("{}", { status: 302, headers: { Location: "/x" } }),
  })
) {
  Deno.test(`system fails with an answer of ${what}`, async () => {
    await using server = await startPeerApp(answer);
    const response = await server.send("GET", "/peers/there/system");
    assert.equal(response.status, 500);
    assert.equal((await response.json()).OrthancStatus, 9);
  });
}

Deno.test("what PUT /peers adds lasts over a restart with OrthancPeersInDatabase", async () => {
  const folder = await Deno.makeTempDir();
  const start = () => startApp({ folder, config: { OrthancPeersInDatabase: true } });
  await using peer = startFakePeer(() => Response.json({ Name: "other" }));
  {
    await using server = await start();
    assert.deepEqual(await server.get("/peers"), []);
    await server.send("PUT", "/peers/kept", [peer.url, "u", "p"]);
  }
  {
    await using server = await start();
    await server.get("/peers/kept/system");
    assert.equal(peer.got[0]?.headers.get("Authorization"), `Basic ${btoa("u:p")}`);
  }
  await Deno.remove(folder, { recursive: true });
});
