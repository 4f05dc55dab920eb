import assert from "node:assert/strict";
import { differences } from "../support/compare.ts";
import { FILES, IDS } from "../support/filled.ts";
import { type Orthanc, ORTHANC_CHECK, startOrthanc } from "../support/orthanc.ts";
import { freePort, peerTest } from "../support/peer.ts";
import { startServer } from "../support/server.ts";

type Server = Pick<Orthanc, "request" | "url">;

/** A request; bytes go as they are. */
type Request = readonly [method: string, path: string, body?: unknown];

const EXPLICIT = "1.2.840.10008.1.2.1";

const REQUESTS: readonly Request[] = [
  ["GET", "/peers"],
  ["GET", "/peers?expand"],
  ["GET", "/peers/theirs"],
  ["GET", "/peers/nope"],
  ["GET", "/peers/nope/configuration"],
  ["GET", "/peers/user/configuration"],
  ["PUT", "/peers/new", ["http://h"]],
  ["PUT", "/peers/new", { URL: "http://h", Timeout: 5 }],
  ["GET", "/peers/new/configuration"],
  ["PUT", "/peers/new", {}],
  ["PUT", "/peers/new", []],
  ["PUT", "/peers/new", "x"],
  ["PUT", "/peers/new", { Url: "ftp://h" }],
  ["PUT", "/peers/new", ["http://h", "a", "b", "c"]],
  ["DELETE", "/peers/new"],
  ["GET", "/peers/theirs/system"],
  ["GET", "/peers/dead/system"],
  ["GET", "/peers/nope/system"],
  ["POST", "/peers/theirs/store", IDS.mr],
  ["POST", "/peers/theirs/store", [IDS.mr1, IDS.ct]],
  ["POST", "/peers/user/store", { Resources: [IDS.p2], Priority: 2 }],
  ["POST", "/peers/theirs/store", { Resources: [IDS.p2], Transcode: EXPLICIT }],
  ["POST", "/peers/theirs/store", { Resources: [IDS.p2], Transcode: "1.2.3" }],
  ["POST", "/peers/theirs/store", { Resources: [IDS.p2], Compress: "x" }],
  ["POST", "/peers/theirs/store", []],
  ["POST", "/peers/theirs/store", {}],
  ["POST", "/peers/theirs/store", ""],
  ["POST", "/peers/theirs/store", "nope"],
  ["POST", "/peers/nope/store", IDS.mr],
  ["POST", "/peers/dead/store", IDS.mr],
  ["POST", "/peers/theirs/store-straight", FILES[0]],
  ["POST", "/peers/theirs/store-straight", "nope"],
  ["POST", "/peers/dead/store-straight", FILES[0]],
  ["POST", "/peers/nope/store-straight", FILES[0]],
];

/** What says the same in other words, or what Orthanc 1.10.1 has otherwise than the newest, which we follow. */
const KNOWN = new Set(["Details", "ErrorPayload", "Resources"]);

peerTest({
  name: "Outpost and Orthanc treat a peer alike",
  needs: [ORTHANC_CHECK],
  async fn(t) {
    await using stack = new AsyncDisposableStack();
    const port = freePort();
    const options = {
      OrthancPeers: {
        theirs: [`http://127.0.0.1:${port}/`],
        user: [`http://127.0.0.1:${port}`, "alice", "secret"],
        dead: [`http://127.0.0.1:${freePort()}/`],
      },
      OverwriteInstances: false,
    };
    const theirs = stack.use(await startOrthanc({ ...options, HttpPort: port }));
    const ours = stack.use(await startOurs(options));
    await fill(ours);
    await fill(theirs);
    for (const request of REQUESTS) {
      const name = request.map((part) => part instanceof Uint8Array ? "a file" : part);
      await t.step(JSON.stringify(name), async () => {
        const [left, right] = [await answerOf(ours, request), await answerOf(theirs, request)];
        assert.equal(left.status, right.status, JSON.stringify(left.body));
        const found = differences(left.body, right.body).filter(({ path }) =>
          !path.some((part) => KNOWN.has(part))
        );
        assert.deepEqual(found, []);
      });
    }
  },
});

peerTest({
  name: "what is sent from peer to peer arrives byte by byte, in both directions",
  needs: [ORTHANC_CHECK],
  async fn(t) {
    for (const options of [{}, { Compress: true }, { Transcode: EXPLICIT }]) {
      await t.step(JSON.stringify(options), async () => {
        await using ours = await startOurs({});
        await using theirs = await startOrthanc();
        await fill(ours);
        await put(ours, "/peers/to", [theirs.url]);
        await post(ours, "/peers/to/store", { Resources: [IDS.p1, IDS.p2], ...options });
        await assertAlike(ours, theirs);
        await post(ours, `/tools/bulk-delete`, { Resources: [IDS.p1, IDS.p2] });
        await put(theirs, "/peers/back", [ours.url]);
        await post(theirs, "/peers/back/store", { Resources: [IDS.p1, IDS.p2], ...options });
        await assertAlike(ours, theirs);
      });
    }
  },
});

async function startOurs(
  options: Readonly<Record<string, unknown>>,
): Promise<Server & AsyncDisposable> {
  const server = await startServer(options);
  return {
    url: server.url,
    request: (method, path, body) => fetch(server.url + path, { method, ...(body && { body }) }),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

async function fill(server: Server): Promise<void> {
  for (const file of FILES) await text(server.request("POST", "/instances", file));
}

async function assertAlike(ours: Server, theirs: Server): Promise<void> {
  const ids: string[] = JSON.parse(await text(theirs.request("GET", "/instances")));
  assert.equal(ids.length, FILES.length);
  for (const id of ids) {
    const [left, right] = [ours, theirs].map((server) =>
      server.request("GET", `/instances/${id}/file`).then((response) => response.bytes())
    );
    assert.deepEqual(await left, await right);
  }
}

function put(server: Server, path: string, body: unknown): Promise<string> {
  return text(server.request("PUT", path, encoded(body)));
}

function post(server: Server, path: string, body: unknown): Promise<string> {
  return text(server.request("POST", path, encoded(body)));
}

async function text(answer: Promise<Response>): Promise<string> {
  const response = await answer;
  const body = await response.text();
  assert.ok(response.ok, body);
  return body;
}

async function answerOf(server: Server, [method, path, sent]: Request) {
  const body = sent === undefined ? undefined : encoded(sent);
  const response = await server.request(method, path, body);
  return { status: response.status, body: parsed(await response.text()) };
}

function encoded(body: unknown): Uint8Array<ArrayBuffer> {
  if (body instanceof Uint8Array) return body as Uint8Array<ArrayBuffer>; // of a test, not shared
  return new TextEncoder().encode(typeof body === "string" ? body : JSON.stringify(body));
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
