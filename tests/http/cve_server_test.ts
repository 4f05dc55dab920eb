/** One test for each lesson that Orthanc's advisories on its server teach, named after the advisory or release. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { parseConfiguration } from "../../core/config/parse.ts";
import { countFiles, startApp, type TestApp } from "../support/app.ts";
import { IDS, startFilled } from "../support/filled.ts";
import { instanceFile } from "../support/instances.ts";
import { startServer } from "../support/server.ts";
import { zipOf } from "../support/zip.ts";

const SCRIPT = "<script>alert(1)</script>";

function configurationOf(options: Readonly<Record<string, unknown>>) {
  const source = { name: "/test.json", text: JSON.stringify(options) };
  return parseConfiguration([source], () => undefined);
}

async function statusOf(
  server: TestApp,
  method: string,
  path: string,
  { body, headers = {} }: {
    readonly body?: unknown;
    readonly headers?: Readonly<Record<string, string>>;
  } = {},
) {
  const response = await server.send(method, path, body, { headers });
  await response.body?.cancel();
  return response.status;
}

Deno.test("ZSL-2016-5379: the service names its program by a whole path without spaces", async () => {
  const unit = await Deno.readTextFile(new URL("../../scripts/outpost.service", import.meta.url));
  const commands = [...unit.matchAll(/^Exec\w+=(.*)$/gm)].map(([, command]) => command!);
  assert.ok(commands.length > 0);
  for (const command of commands) assert.match(command, /^\/[\w/-]+( |$)/);
});

Deno.test("2017-06-27-XSSInjection: text of files is never markup, nor is that of failures", async () => {
  await using server = await startApp();
  const { Path, ParentStudy } = await server.upload(
    instanceFile({ PatientName: SCRIPT, StudyDescription: SCRIPT, PatientID: SCRIPT }),
  );
  for (
    const path of [
      Path,
      `${Path}/tags`,
      `${Path}/content/0010-0010`,
      `/studies/${ParentStudy}`,
      `/studies/${ParentStudy}/archive?filename=${encodeURIComponent(SCRIPT)}`,
      `/studies?requested-tags=${encodeURIComponent(SCRIPT)}`,
      `/${encodeURIComponent(SCRIPT)}`,
    ]
  ) {
    const response = await server.send("GET", path, undefined, {
      headers: { accept: "text/html" },
    });
    await response.body?.cancel();
    assert.doesNotMatch(response.headers.get("content-type") ?? "", /html|svg/, path);
    assert.equal(response.headers.get("x-content-type-options"), "nosniff", path);
    assert.match(response.headers.get("content-security-policy")!, /default-src 'none'/, path);
  }
});

Deno.test("CVE-2025-0896: whoever comes from elsewhere must log in, without any option that says so", async () => {
  const { config } = configurationOf({});
  assert.equal(config.remoteAccessAllowed, false);
  await using closed = await startApp();
  const afar = { remoteAddress: "192.0.2.1" };
  assert.equal((await closed.send("GET", "/system", undefined, afar)).status, 401);
  await using open = await startApp({
    config: { RemoteAccessAllowed: true, RegisteredUsers: { alice: "secret" } },
  });
  const routes = new Set(
    open.routes.routes.filter(({ method }) => method !== "ALL")
      .map(({ method, path }) => `${method} ${path.replace(/:\w+(\{[^}]*\})?/g, "x")}`),
  );
  for (const route of routes) {
    const [method, path] = route.split(" ") as [string, string];
    const response = await open.send(method, path, undefined, afar);
    await response.body?.cancel();
    const isOpen = path === "/health" || path === "/ready";
    assert.equal(response.status === 401, !isOpen, route);
  }
});

Deno.test("CVE-2025-0896: the server does not start open to the network with nobody to log in", () => {
  assert.throws(() => configurationOf({ RemoteAccessAllowed: true }), { code: "configuration" });
  const off = configurationOf({ RemoteAccessAllowed: true, AuthenticationEnabled: false });
  assert.ok(off.warnings.some((warning) => /ANYONE ON THE NETWORK/.test(warning)));
});

Deno.test("1.5.8 ExecuteLuaEnabled: there is no way to run what a client sends", async () => {
  assert.throws(() => configurationOf({ ExecuteLuaEnabled: true }), { code: "configuration" });
  await using server = await startApp();
  for (const path of ["/tools/execute-script", "/tools/execute", "/plugins/explorer.js"]) {
    assert.equal(await statusOf(server, "POST", path, { body: "os.execute('id')" }), 404);
  }
});

Deno.test("CVE-2023-33466: no client chooses where the server writes", async () => {
  assert.throws(() => configurationOf({ RestApiWriteToFileSystemEnabled: true }), {
    code: "configuration",
  });
  await using server = await startApp();
  const { Path } = await server.upload(instanceFile());
  const target = `${server.folder}/overwritten`;
  assert.equal(await statusOf(server, "POST", `${Path}/export`, { body: target }), 403);
  const folder = { Folder: server.folder };
  assert.ok(await statusOf(server, "PUT", "/relay/destinations/d", { body: folder }) >= 400);
  await assert.rejects(Deno.stat(target), Deno.errors.NotFound);
});

for (const id of ["CVE-2022-2119", "CVE-2022-2120"]) {
  Deno.test(`${id}: no name of a client becomes a path`, async () => {
    await using server = await startApp({ config: { StorageCompression: false } });
    const up = "../".repeat(8);
    const file = instanceFile({ PatientID: `${up}tmp/outpost-escaped`, PatientName: up });
    await server.upload(file);
    const second = instanceFile({ SOPInstanceUID: "1.1.1.2" });
    await server.post("/instances", zipOf([{ name: `${up}tmp/outpost-escaped`, bytes: second }]));
    assert.equal(await countFiles(server.folder), 2);
    await assert.rejects(Deno.stat("/tmp/outpost-escaped"), Deno.errors.NotFound);
    for (
      const path of ["/instances/..%2f..%2fetc%2fpasswd/file", `/${"..%2f".repeat(8)}etc/passwd`]
    ) {
      assert.equal(await statusOf(server, "GET", path), 404);
    }
  });
}

Deno.test("CVE-2023-45853: names, comments and fields of an archive may be as long as they can", async () => {
  await using server = await startApp();
  const archive = zipOf([{ name: "n".repeat(65535), bytes: instanceFile() }], {
    comment: "c".repeat(65535),
  });
  const answers = await server.post<{ Status: string }[]>("/instances", archive);
  assert.deepEqual(answers.map(({ Status }) => Status), ["Success"]);
});

Deno.test("CVE-2025-55763: a request line or header may be as long as a client likes, and is refused", async () => {
  await using server = await startServer({ DicomServerEnabled: false });
  const { port } = new URL(server.url);
  const long = "a".repeat(1_000_000);
  for (
    const request of [
      `GET /${long} HTTP/1.1\r\nHost: localhost\r\n\r\n`,
      `GET / HTTP/1.1\r\nHost: localhost\r\nX: ${long}\r\n\r\n`,
      `${long} / HTTP/1.1\r\nHost: localhost\r\n\r\n`,
    ]
  ) {
    using socket = await Deno.connect({ hostname: "127.0.0.1", port: Number(port) });
    socket.write(Buffer.from(request)).catch(() => {}); // it is not read to its end
    const answer = new Uint8Array(1024);
    const count = await socket.read(answer).catch(() => null) ?? 0;
    const status = /^HTTP\/1\.1 (\d+)/.exec(Buffer.from(answer.subarray(0, count)).toString())?.[1];
    assert.ok(status === undefined || ["400", "414", "431"].includes(status), status);
  }
  assert.ok(await server.get("/system"));
});

Deno.test("1.12.11: a file name does not end the header that it stands in", async () => {
  await using server = await startApp();
  const { Path, ParentStudy } = await server.upload(instanceFile());
  const name = encodeURIComponent('a"\r\nSet-Cookie: x=y\r\n\r\n<html>');
  for (const path of [`${Path}/file`, `/studies/${ParentStudy}/archive`]) {
    const response = await server.send("GET", `${path}?filename=${name}`);
    await response.body?.cancel();
    assert.equal(response.status, 200);
    assert.equal(response.headers.get("set-cookie"), null);
    assert.match(response.headers.get("content-disposition")!, /^[^\r\n"]*"[^\r\n"]*"$/);
  }
});

Deno.test("1.13 default account: there is none, and the one that everyone knows is refused", () => {
  assert.deepEqual({ ...configurationOf({}).config.registeredUsers }, {});
  const known = ["orthanc", { Password: "orthanc", Role: "read" }];
  for (const orthanc of known) {
    const options = { RemoteAccessAllowed: true, RegisteredUsers: { orthanc } };
    assert.throws(() => configurationOf(options), { code: "configuration" });
  }
});

Deno.test("no CVE, _method: a GET deletes nothing, whatever its arguments and headers say", async () => {
  await using server = await startApp();
  const { Path } = await server.upload(instanceFile());
  await statusOf(server, "GET", `${Path}?_method=delete`);
  await statusOf(server, "GET", `${Path}?_method=DELETE`);
  await statusOf(server, "POST", `${Path}?_method=DELETE`);
  const headers = { "X-HTTP-Method-Override": "DELETE" };
  await statusOf(server, "GET", Path, { headers });
  await statusOf(server, "POST", Path, { headers });
  assert.equal(await statusOf(server, "GET", Path), 200);
});

Deno.test("no CVE, foreign pages: they change nothing, and read nothing under a name of their own", async () => {
  await using server = await startApp();
  const { Path } = await server.upload(instanceFile());
  const attacks: readonly (readonly [string, string, Record<string, string>])[] = [
    ["DELETE", Path, { origin: "https://evil.example" }],
    ["POST", "/tools/shutdown", { origin: "null" }],
    ["POST", "/tools/shutdown", { "sec-fetch-site": "cross-site", "content-type": "text/plain" }],
    ["GET", Path, { host: "evil.example:8042" }],
    ["GET", Path, { origin: "https://evil.example" }],
  ];
  for (const [method, path, fields] of attacks) {
    const request = new Request(`http://localhost:8042${path}`, { method });
    for (const [name, value] of Object.entries(fields)) request.headers.set(name, value);
    const response = await server.routes.fetch(request, { remoteAddress: "127.0.0.1" });
    await response.body?.cancel();
    assert.equal(response.status, 403, `${method} ${JSON.stringify(fields)}`);
    assert.equal(response.headers.get("access-control-allow-origin"), null);
  }
  assert.deepEqual(server.asked, []);
});

Deno.test("no CVE, archives: one that fails does not say 200", async () => {
  await using server = await startFilled();
  for await (const { name, isDirectory } of Deno.readDir(server.folder)) {
    if (isDirectory && !name.startsWith("outpost.")) {
      await Deno.remove(`${server.folder}/${name}`, { recursive: true });
    }
  }
  assert.equal(await statusOf(server, "GET", `/patients/${IDS.p1}/archive`), 404);
});
