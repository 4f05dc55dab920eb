import assert from "node:assert/strict";
import { type SendOptions, startApp } from "../support/app.ts";
import { FILES, IDS } from "../support/filled.ts";

const MR = `/instances/${IDS.mr1}`;

/** Requests with status, and Orthanc's code where there is a body. */
type Case = readonly [
  method: string,
  path: string,
  status: number,
  code?: number | undefined,
  headers?: Readonly<Record<string, string>>,
];

const CASES: readonly Case[] = [
  ["GET", "/nope", 404, 17],
  ["POST", "/nope", 404, 17],
  ["GET", "/Studies", 404, 17],
  ["GET", `${MR}/nope`, 404, 17],
  ["GET", "/studies/nope", 404],
  ["DELETE", "/studies/nope", 404],
  ["GET", "/tools/generate-uid", 404],
  ["PUT", "/instances", 405],
  ["DELETE", "/instances", 405],
  ["POST", "/studies", 405],
  ["POST", "/statistics", 405],
  ["PUT", `${MR}/file`, 405],
  ["POST", `${MR}/content/0010-0010/0/x`, 405],
  ["GET", "/tools/find", 405],
  ["PATCH", "/studies", 400],
  ["PATCH", "/nope", 400],
  ["PROPFIND", "/studies", 400],
  ["OPTIONS", "/studies", 404],
  ["GET", "/studies/", 200],
  ["GET", "//studies", 200],
  ["GET", "/tools//now//", 200],
  ["GET", `//instances//${IDS.mr1}//content//0010-0010//`, 200],
  ["GET", "/studies?_method=DELETE", 200],
  ["GET", `${MR}?_method=delete`, 200],
  ["POST", `${MR}?_method=DELETE`, 405],
  ["POST", MR, 405, undefined, { "X-HTTP-Method-Override": "DELETE" }],
  ["GET", MR, 200, undefined, { "X-HTTP-Method-Override": "DELETE" }],
];

Deno.test("statuses and bodies of failures are Orthanc's", async (t) => {
  await using server = await startApp();
  await server.upload(FILES[0]!);
  for (const [method, path, status, code, headers = {}] of CASES) {
    await t.step(`${method} ${path} ${Object.values(headers)}`, async () => {
      const response = await server.send(method, path, undefined, { headers });
      const body = await response.text();
      assert.equal(response.status, status, body);
      if (status === 200) return;
      if (code === undefined) assert.deepEqual([body, length(response)], ["", "0"]);
      else assert.equal(JSON.parse(body).OrthancStatus, code);
    });
  }
  assert.equal((await server.get<string[]>("/instances")).length, 1);
});

Deno.test("a failure is described by Orthanc's fields, as text that no browser runs", async () => {
  await using server = await startApp();
  const response = await server.send("GET", "/studies?limit=2");
  assert.equal(response.headers.get("content-type"), "text/plain");
  assert.equal(response.headers.get("x-content-type-options"), "nosniff");
  const body = await response.text();
  assert.equal(length(response), String(body.length));
  assert.match(body, /^\{\n\t"Details".*\n\}\n\n$/s);
  assert.deepEqual(JSON.parse(body), {
    Details: 'Missing "since" argument for GET request against: /studies/',
    HttpError: "Bad Request",
    HttpStatus: 400,
    Message: "Bad request",
    Method: "GET",
    OrthancError: "Bad request",
    OrthancStatus: 8,
    Uri: "/studies",
  });
});

Deno.test("HttpDescribeErrors false leaves statuses alone", async () => {
  await using server = await startApp({ config: { HttpDescribeErrors: false } });
  for (const [path, status] of [["/nope", 404], ["/studies?limit=2", 400]] as const) {
    const response = await server.send("GET", path);
    assert.deepEqual([response.status, await response.text()], [status, ""]);
  }
});

/** Methods refused, and the methods of the path. */
const ALLOWED: readonly (readonly [method: string, path: string, allow: readonly string[]])[] = [
  ["PUT", "/instances", ["GET", "POST"]],
  ["POST", "/studies", ["GET"]],
  ["POST", MR, ["DELETE", "GET"]],
  ["POST", `${MR}/labels/a`, ["DELETE", "GET", "PUT"]],
  ["GET", "/tools/find", ["POST"]],
  ["PUT", `${MR}/content/a/b/c`, ["GET"]],
];

for (const [method, path, allow] of ALLOWED) {
  Deno.test(`${method} ${path} is told that there is ${allow}`, async () => {
    await using server = await startApp();
    const response = await server.send(method, path);
    assert.deepEqual(response.headers.get("allow")?.split(", ").sort(), allow);
  });
}

Deno.test("answers are XML for those who ask for it first", async () => {
  await using server = await startApp();
  await server.upload(FILES[0]!);
  const xml = async (path: string, Accept: string) => {
    const response = await server.send("GET", path, undefined, { headers: { Accept } });
    return [response.headers.get("content-type"), await response.text()] as const;
  };
  const [type, list] = await xml("/patients", "application/xml");
  assert.equal(type, "application/xml; charset=utf-8");
  assert.match(list, new RegExp(`<root>\\s*<item>${IDS.p1}</item>\\s*</root>`));
  const [, expanded] = await xml("/patients?expand", "application/xml, application/json");
  assert.match(expanded, /<PatientName>KNIX<\/PatientName>/);
  const [json] = await xml("/patients", "text/html, application/xml;q=0.9, */*;q=0.8");
  assert.equal(json, "application/json; charset=utf-8");
});

const ALICE = { Authorization: `Basic ${btoa("alice:secret")}` };

/** Who asks, and the status, with and without passwords. */
const ACCESS: readonly (readonly [
  what: string,
  config: Readonly<Record<string, unknown>>,
  path: string,
  more: SendOptions,
  status: number,
])[] = [
  ["from afar", {}, "/system", { remoteAddress: "192.0.2.1" }, 401],
  ["from afar, to nowhere", {}, "/nope", { remoteAddress: "192.0.2.1" }, 401],
  ["without a password", locked(), "/system", {}, 401],
  ["with the password", locked(), "/system", { headers: ALICE }, 200],
  ["with the password, from afar", { ...locked(), RemoteAccessAllowed: true }, "/system", {
    headers: ALICE,
    remoteAddress: "192.0.2.1",
  }, 200],
  ["with a wrong password", locked(), "/system", {
    headers: { Authorization: `Basic ${btoa("alice:Secret")}` },
  }, 401],
  ["as nobody", locked(), "/system", {
    headers: { Authorization: `Basic ${btoa("bob:secret")}` },
  }, 401],
  ["for a foreign page", {}, "/system", { headers: { Origin: "http://evil.example" } }, 403],
  ["for an allowed page", { AllowedHosts: ["ward.example"] }, "/system", {
    headers: { Origin: "http://ward.example" },
  }, 200],
];

for (const [what, config, path, more, status] of ACCESS) {
  Deno.test(`${path} ${what} is answered ${status}`, async () => {
    await using server = await startApp({ config });
    const response = await server.send("GET", path, undefined, more);
    const body = await response.text();
    assert.equal(response.status, status, body);
    if (status === 401) {
      assert.equal(response.headers.get("www-authenticate"), 'Basic realm="Orthanc Secure Area"');
      assert.equal(body, "");
    }
  });
}

Deno.test("the name that somebody logged in with is kept with what he stores", async () => {
  await using server = await startApp({ config: locked() });
  const send = (method: string, path: string, body?: unknown) =>
    server.send(method, path, body, { headers: ALICE });
  assert.equal((await send("POST", "/instances", FILES[0])).status, 200);
  const response = await send("GET", `${MR}?response-content=Metadata`);
  assert.equal((await response.json()).Metadata.HttpUsername, "alice");
});

/** Requests whose answers are of every kind. */
const KINDS: readonly (readonly [method: string, path: string, more?: SendOptions])[] = [
  ["GET", "/patients"],
  ["GET", `${MR}/file`],
  ["GET", "/tools/now"],
  ["GET", "/nope"],
  ["GET", "/studies/nope"],
  ["PUT", "/instances"],
  ["PATCH", "/instances"],
  ["POST", "/instances"],
  ["GET", "/patients", { remoteAddress: "192.0.2.1" }],
  ["GET", "/patients", { headers: { Origin: "http://evil.example" } }],
];

for (const [method, path, more] of KINDS) {
  Deno.test(`${method} ${path} has the security headers ${Object.keys(more ?? {})}`, async () => {
    await using server = await startApp();
    await server.upload(FILES[0]!);
    const { headers, body } = await server.send(method, path, undefined, more);
    await body?.cancel();
    assert.equal(headers.get("x-content-type-options"), "nosniff");
    assert.match(headers.get("content-security-policy")!, /default-src 'none'/);
    assert.equal(headers.get("referrer-policy"), "no-referrer");
    assert.equal(headers.get("access-control-allow-origin"), null);
  });
}

function locked() {
  return { AuthenticationEnabled: true, RegisteredUsers: { alice: "secret" } };
}

function length(response: Response): string | null {
  return response.headers.get("content-length");
}
