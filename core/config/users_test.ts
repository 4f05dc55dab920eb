import assert from "node:assert/strict";
import { parseConfiguration } from "./parse.ts";

function parse(options: Readonly<Record<string, unknown>>) {
  return parseConfiguration([{ name: "/a.json", text: JSON.stringify(options) }], () => undefined);
}

const TOKEN_HASH = `sha256:${"0".repeat(64)}`;

Deno.test("parseConfiguration() reads users with and without a role, and tokens", () => {
  const { config } = parse({
    RegisteredUsers: { alice: "a", ward: { Password: "w", Role: "read" }, bob: { Password: "b" } },
    ApiTokens: { box: { TokenHash: TOKEN_HASH, Role: "write", Addresses: ["192.0.2.1"] } },
  });
  assert.deepEqual({ ...config.registeredUsers }, {
    alice: { password: "a", role: "admin" },
    ward: { password: "w", role: "read" },
    bob: { password: "b", role: "admin" },
  });
  assert.deepEqual({ ...config.apiTokens }, {
    box: { tokenHash: TOKEN_HASH, role: "write", addresses: ["192.0.2.1"] },
  });
});

for (
  const [what, options] of [
    ["an unknown role", { RegisteredUsers: { a: { Password: "p", Role: "owner" } } }],
    ["an unknown key of a user", { RegisteredUsers: { a: { Password: "p", Roles: "read" } } }],
    ["a user without a password", { RegisteredUsers: { a: { Role: "read" } } }],
    ["a token in place of its hash", {
      ApiTokens: { a: { TokenHash: "outpost_x", Role: "read" } },
    }],
    ["a token without a role", { ApiTokens: { a: { TokenHash: TOKEN_HASH } } }],
    ["a name of a token with a colon", {
      ApiTokens: { "a:b": { TokenHash: TOKEN_HASH, Role: "read" } },
    }],
  ] as const
) {
  Deno.test(`parseConfiguration() refuses ${what}, and does not show it`, () => {
    assert.throws(() => parse(options), (error: Error) => {
      assert.equal("code" in error && error.code, "configuration");
      assert.doesNotMatch(error.message, /outpost_x|0000/);
      return true;
    });
  });
}

Deno.test("parseConfiguration() takes tokens for somebody who can log in, and warns where roles mean nothing", () => {
  const ApiTokens = { box: { TokenHash: TOKEN_HASH, Role: "write" } };
  assert.equal(parse({ RemoteAccessAllowed: true, ApiTokens }).config.authenticationEnabled, true);
  assert.match(parse({ ApiTokens }).warnings.join(), /everybody is an administrator/);
});
