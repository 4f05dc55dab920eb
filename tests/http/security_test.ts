import assert from "node:assert/strict";
import { createToken, hashToken } from "../../core/security/tokens.ts";
import type { Role } from "../../core/security/roles.ts";
import { routeRule } from "../../routes/access/route_rules.ts";
import { startApp, type TestApp } from "../support/app.ts";
import { FILES, IDS } from "../support/filled.ts";
import { startServer } from "../support/server.ts";

const TOKENS: Readonly<Record<Role, string>> = {
  store: createToken(),
  read: createToken(),
  write: createToken(),
  admin: createToken(),
};

const GUARDED = {
  RemoteAccessAllowed: true,
  RegisteredUsers: {
    boss: "b",
    reader: { Password: "r", Role: "read" },
    writer: { Password: "w", Role: "write" },
  },
  ApiTokens: Object.fromEntries(
    Object.entries(TOKENS).map(([role, token]) => [role, {
      TokenHash: hashToken(token),
      Role: role,
    }]),
  ),
};

async function statusAs(
  server: TestApp,
  Authorization: string,
  [method, path, body]: readonly [method: string, path: string, body?: unknown],
): Promise<number> {
  const response = await server.send(method, path, body, { headers: { Authorization } });
  await response.body?.cancel();
  return response.status;
}

const basic = (name: string, password: string) => `Basic ${btoa(`${name}:${password}`)}`;

Deno.test("every route has a role, and nothing but middleware answers all methods", async () => {
  await using server = await startApp();
  const routes = server.routes.routes;
  const roleless = routes
    .filter(({ method, path }) => method !== "ALL" && routeRule(method, path) === undefined)
    .map(({ method, path }) => `${method} ${path}`);
  assert.deepEqual(roleless, [], "add a row to routes/access/route_rules.ts");
  const all = routes.filter(({ method }) => method === "ALL").map(({ path }) => path);
  assert.deepEqual([...new Set(all)], ["/*"]);
});

Deno.test("only GET, and what is listed here, may be done by who may only read", async () => {
  await using server = await startApp();
  const readable = server.routes.routes
    .filter(({ method, path }) => routeRule(method, path)?.role === "read" && method !== "GET")
    .map(({ method, path }) => `${method} ${path}`);
  assert.deepEqual([...new Set(readable)].sort(), [
    "POST /patients/:id/archive",
    "POST /patients/:id/media",
    "POST /series/:id/archive",
    "POST /series/:id/media",
    "POST /studies/:id/archive",
    "POST /studies/:id/media",
    "POST /tools/bulk-content",
    "POST /tools/count-resources",
    "POST /tools/create-archive",
    "POST /tools/create-media",
    "POST /tools/create-media-extended",
    "POST /tools/find",
    "POST /tools/lookup",
  ]);
});

Deno.test("POST /instances is all that who may only store may do, of every route there is", async () => {
  await using server = await startApp({ config: GUARDED });
  const allowed = new Set<string>();
  for (const { method, path } of server.routes.routes.filter(({ method }) => method !== "ALL")) {
    const url = path.replace(/:\w+(\{[^}]*\})?/g, IDS.p1);
    const body = ["GET", "HEAD"].includes(method) ? undefined : "";
    const status = await statusAs(server, `Bearer ${TOKENS.store}`, [method, url, body]);
    if (status !== 403) allowed.add(`${method} ${path}`);
  }
  assert.deepEqual([...allowed].sort(), ["GET /health", "GET /ready", "POST /instances"]);
  const stored = await server.send("POST", "/instances", FILES[0], {
    headers: { Authorization: `Bearer ${TOKENS.store}` },
  });
  assert.equal((await stored.json()).Status, "Success");
});

const MODALITY = { AET: "A", Host: "192.0.2.1", Port: 104 };

/** A request, and the statuses that a reader, a writer and an administrator get. */
const REQUESTS: readonly (readonly [
  request: readonly [string, string, unknown?],
  statuses: readonly number[],
])[] = [
  [["GET", "/system"], [200, 200, 200]],
  [["HEAD", "/system"], [200, 200, 200]],
  [["GET", `/patients/${IDS.p1}`], [200, 200, 200]],
  [["POST", "/tools/find", { Level: "Patient", Query: {} }], [200, 200, 200]],
  [["POST", "/tools/lookup", "P1"], [200, 200, 200]],
  [["POST", "/instances", FILES[0]], [403, 200, 200]],
  [["PUT", `/patients/${IDS.p1}/labels/seen`, ""], [403, 200, 200]],
  [["PUT", `//patients//${IDS.p1}/labels/seen/`, ""], [403, 200, 200]],
  [["POST", "/tools/bulk-delete", { Resources: [] }], [403, 200, 200]],
  [["POST", "/modalities/none/store", []], [403, 404, 404]],
  [["PUT", "/modalities/a", MODALITY], [403, 403, 200]],
  [["DELETE", "/modalities/a"], [403, 403, 404]],
  [["PUT", "/peers/p", ["http://192.0.2.1/"]], [403, 403, 200]],
  [["PUT", "/relay/rules", []], [403, 403, 200]],
  [["PUT", "/tools/log-level", "default"], [403, 403, 200]],
  [["POST", "/tools/reset", ""], [403, 403, 200]],
  [["POST", "/tools/shutdown", ""], [403, 403, 200]],
  [["DELETE", "/changes"], [403, 403, 200]],
  [["DELETE", `/patients/${IDS.p2}`], [403, 404, 404]],
  [["GET", "/nowhere"], [404, 404, 404]],
  [["DELETE", "/system"], [405, 405, 405]],
];

for (const [request, statuses] of REQUESTS) {
  const [method, path] = request;
  Deno.test(`${method} ${path} answers reader, writer and administrator ${statuses}`, async () => {
    await using server = await startApp({ config: GUARDED });
    await server.app.upload(stream(FILES[0]!), { kind: "http", remoteIp: "", username: "" });
    const users = [basic("reader", "r"), basic("writer", "w"), basic("boss", "b")];
    const byPassword = [];
    for (const user of users) byPassword.push(await statusAs(server, user, request));
    assert.deepEqual(byPassword, statuses);
  });
}

async function* stream(bytes: Uint8Array) {
  yield bytes;
}

Deno.test("a token does what its role may, and no more", async () => {
  await using server = await startApp({ config: GUARDED });
  const levels: (readonly [string, string, unknown?])[] = [
    ["GET", "/patients"],
    ["POST", "/instances", FILES[0]],
    ["DELETE", "/changes"],
  ];
  const statuses = async (role: Role) => {
    const found = [];
    for (const request of levels) {
      found.push(await statusAs(server, `Bearer ${TOKENS[role]}`, request));
    }
    return found;
  };
  assert.deepEqual(await statuses("store"), [403, 200, 403]);
  assert.deepEqual(await statuses("read"), [200, 403, 403]);
  assert.deepEqual(await statuses("write"), [200, 200, 403]);
  assert.deepEqual(await statuses("admin"), [200, 200, 200]);
});

Deno.test("what a token has stored bears its name", async () => {
  await using server = await startApp({ config: GUARDED });
  const headers = { Authorization: `Bearer ${TOKENS.write}` };
  const stored = await server.send("POST", "/instances", FILES[0], { headers });
  const { ID } = await stored.json();
  const path = `/instances/${ID}/metadata/HttpUsername`;
  const response = await server.send("GET", path, undefined, { headers });
  assert.equal(await response.text(), "token:write");
});

Deno.test("after ten wrong passwords an address has to wait, and is told how long", async () => {
  await using server = await startApp({ config: GUARDED });
  const attempt = async (password: string, remoteAddress: string) => {
    const headers = { Authorization: basic("boss", password) };
    return await server.send("GET", "/system", undefined, { headers, remoteAddress });
  };
  for (let count = 0; count < 10; count++) {
    assert.equal((await attempt(`x${count}`, "192.0.2.1")).status, 401);
  }
  const blocked = await attempt("b", "192.0.2.1");
  assert.equal(blocked.status, 429);
  assert.equal(blocked.headers.get("retry-after"), "6");
  assert.equal((await attempt("b", "192.0.2.2")).status, 200);
  await server.clock.advance(6000);
  const admitted = await attempt("b", "192.0.2.1");
  await admitted.body?.cancel();
  assert.equal(admitted.status, 200);
});

Deno.test("a failure of role names no more than the user and the role", async () => {
  await using server = await startApp({ config: GUARDED });
  const headers = { Authorization: basic("reader", "r") };
  const response = await server.send("POST", "/tools/shutdown", "", { headers });
  const { OrthancStatus, Details } = await response.json();
  assert.equal(OrthancStatus, 45);
  assert.equal(Details, "Cannot do this as reader: it needs role admin");
  assert.deepEqual(server.asked, []);
});

Deno.test("a peer logs in with a token of its own, and can be turned away alone", async () => {
  await using central = await startServer({
    ...GUARDED,
    RemoteAccessAllowed: false,
    AuthenticationEnabled: true,
  });
  const peer = (token: string) => ({
    Url: central.url,
    HttpHeaders: { Authorization: `Bearer ${token}` },
  });
  const peers = {
    writer: peer(TOKENS.write),
    reader: peer(TOKENS.read),
    revoked: peer(createToken()),
  };
  await using box = await startApp({ config: { OrthancPeers: peers } });
  const { ID } = await box.upload(FILES[0]!);
  const store = async (name: string) => {
    const body = { Resources: [ID], Synchronous: true };
    const response = await box.send("POST", `/peers/${name}/store`, body);
    await response.body?.cancel();
    return response.status;
  };
  assert.equal(await store("reader"), 500);
  assert.equal(await store("revoked"), 500);
  assert.equal(await store("writer"), 200);
  const shown = await box.get("/peers?expand");
  assert.ok(!JSON.stringify(shown).includes(TOKENS.write), "peers are shown without their tokens");
});
