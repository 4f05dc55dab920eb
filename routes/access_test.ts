import assert from "node:assert/strict";
import { Hono } from "hono";
import { type AccessOptions, contentDisposition, isLoopback, protect, username } from "./access.ts";
import { hashToken } from "../core/security/tokens.ts";
import { createErrorHandlers } from "./errors.ts";

const OPEN: AccessOptions = {
  remoteAccessAllowed: false,
  authenticationEnabled: false,
  users: {},
  tokens: {},
  uptime: () => 0,
  allowedHosts: ["Pacs.example"],
  verifyPassword: (clear, stored) => Promise.resolve(clear === stored),
};
const CLOSED: AccessOptions = {
  ...OPEN,
  remoteAccessAllowed: true,
  authenticationEnabled: true,
  users: { alice: { password: "se:cret", role: "admin" } },
  tokens: { box: { tokenHash: hashToken("outpost_x"), role: "write", addresses: [] } },
};
const ALICE = `Basic ${btoa("alice:se:cret")}`;

/** A request by its method, client and header fields, and the status of its answer. */
type Case = readonly [what: string, status: number, request: {
  readonly method?: string;
  readonly remoteAddress?: string;
  readonly headers?: Record<string, string>;
}];

const WITHOUT_LOGIN: readonly Case[] = [
  ["this machine", 200, { remoteAddress: "127.0.0.1" }],
  ["this machine over IPv6", 200, { remoteAddress: "::1" }],
  ["this machine by IPv4 in IPv6", 200, { remoteAddress: "::ffff:127.0.0.1" }],
  ["another machine", 401, { remoteAddress: "192.0.2.1" }],
  ["another machine by IPv4 in IPv6", 401, { remoteAddress: "::ffff:192.0.2.1" }],
  ["an address in Host", 200, { headers: { host: "192.0.2.7:8042" } }],
  ["an IPv6 address in Host", 200, { headers: { host: "[2001:db8::1]:8042" } }],
  ["localhost in Host", 200, { headers: { host: "LocalHost:8042" } }],
  ["an allowed name in Host", 200, { headers: { host: "PACS.example.:8042" } }],
  ["a foreign name in Host", 403, { headers: { host: "evil.example" } }],
  ["a name that begins like an address", 403, { headers: { host: "127.0.0.1.evil.example" } }],
  ["its own origin", 200, own("http://localhost:8042")],
  ["another port's origin", 403, own("http://localhost:3000")],
  ["a foreign origin", 403, own("http://evil.example")],
  ["the opaque origin", 403, own("null")],
  ["an allowed origin", 200, own("https://pacs.example")],
  ["a port that is none", 403, {
    headers: { host: "localhost:99999", origin: "http://localhost:99998" },
  }],
  ["a POST from another site", 403, {
    method: "POST",
    headers: { "sec-fetch-site": "cross-site" },
  }],
  ["a POST from a sibling site", 403, {
    method: "POST",
    headers: { "sec-fetch-site": "same-site" },
  }],
  ["a link from another site", 200, { headers: { "sec-fetch-site": "cross-site" } }],
  ["a POST of its own pages", 200, {
    method: "POST",
    headers: { "sec-fetch-site": "same-origin" },
  }],
];

const WITH_LOGIN: readonly Case[] = [
  ["no credentials", 401, {}],
  ["the right password", 200, { headers: { authorization: ALICE } }],
  ["the right password, from afar", 200, {
    remoteAddress: "192.0.2.1",
    headers: { authorization: ALICE },
  }],
  ["the right password, by any name of the server", 200, {
    headers: { authorization: ALICE, host: "ward.example" },
  }],
  ["the right password, from a foreign page", 403, {
    method: "POST",
    headers: { authorization: ALICE, origin: "http://evil.example" },
  }],
  ["a wrong password", 401, { headers: { authorization: `Basic ${btoa("alice:secret")}` } }],
  ["an unknown user", 401, { headers: { authorization: `Basic ${btoa("bob:se:cret")}` } }],
  ["a name of every object", 401, { headers: { authorization: `Basic ${btoa("toString:x")}` } }],
  ["no Base64", 401, { headers: { authorization: "Basic ?" } }],
  ["a token", 200, { headers: { authorization: "Bearer outpost_x" } }],
  ["another token", 401, { headers: { authorization: "Bearer outpost_y" } }],
  ["a token as a password", 401, { headers: { authorization: `Basic ${btoa("box:outpost_x")}` } }],
  ["another scheme", 401, { headers: { authorization: "Digest YTpi" } }],
];

for (const [options, cases] of [[OPEN, WITHOUT_LOGIN], [CLOSED, WITH_LOGIN]] as const) {
  const mode = options.authenticationEnabled ? "with" : "without";
  for (const [what, status, { method = "GET", remoteAddress, headers = {} }] of cases) {
    Deno.test(`protect() ${mode} login answers ${status} to ${what}`, async () => {
      const request = new Request("http://localhost:8042/", { method });
      for (const [name, value] of Object.entries(headers)) setAny(request, name, value);
      const env = remoteAddress === undefined ? {} : { remoteAddress };
      const response = await routes(options).fetch(request, env);
      assert.equal(response.status, status);
    });
  }
}

Deno.test("protect() asks for a password as Orthanc does, and says nothing else", async () => {
  const response = await routes(CLOSED).request("/");
  assert.equal(
    response.headers.get("www-authenticate"),
    'Basic realm="Orthanc Secure Area"',
  );
  assert.equal(await response.text(), "");
});

Deno.test("protect() names the option that admits a host", async () => {
  const response = await routes(OPEN).request("http://evil.example/");
  assert.equal(response.status, 403);
  assert.match(await response.text(), /AllowedHosts/);
});

Deno.test("protect() tells who is logged in", async () => {
  const response = await routes(CLOSED).request("/", { headers: { authorization: ALICE } });
  assert.equal(await response.text(), "alice");
});

Deno.test("protect() sets security headers on every answer", async () => {
  for (const path of ["/", "/nowhere"]) {
    const { headers } = await routes(OPEN).request(path);
    assert.equal(headers.get("x-content-type-options"), "nosniff", path);
    assert.equal(
      headers.get("content-security-policy"),
      "default-src 'none'; frame-ancestors 'none'",
    );
    assert.equal(headers.get("referrer-policy"), "no-referrer");
  }
});

Deno.test("isLoopback() takes no name for an address", () => {
  assert.equal(isLoopback("127.9.9.9"), true);
  for (const address of ["", "localhost", "127.0.0.1.evil.example", "10.127.0.1", "::2"]) {
    assert.equal(isLoopback(address), false, address);
  }
});

Deno.test("contentDisposition() cannot be broken out of (RFC 6266)", () => {
  assert.equal(contentDisposition('a"\r\nX-B: c\\.dcm'), 'filename="aX-B: c.dcm"');
  assert.equal(
    contentDisposition("é 1.dcm"),
    `filename="_ 1.dcm"; filename*=UTF-8''%C3%A9%201.dcm`,
  );
  assert.doesNotThrow(() =>
    new Headers({ "content-disposition": contentDisposition("\u0000日\n") })
  );
  assert.match(
    contentDisposition("a'(b)*日.dcm"),
    /filename\*=UTF-8''a%27%28b%29%2A%E6%97%A5\.dcm$/,
  );
  assert.doesNotThrow(() => contentDisposition("half of a pair \ud800"));
});

function own(origin: string): Case[2] {
  return { headers: { host: "localhost:8042", origin } };
}

/** Sets a field that `Headers` leaves to browsers. */
function setAny(request: Request, name: string, value: string): void {
  request.headers.set(name, value);
  assert.equal(request.headers.get(name), value);
}

function routes(options: AccessOptions): Hono {
  const { onError, notFound } = createErrorHandlers({ log: () => {}, describe: true });
  const app = new Hono().use(protect(options)).all("/", (c) => c.text(username(c)));
  app.onError(onError);
  app.notFound(notFound);
  return app;
}
