import assert from "node:assert/strict";
import { createLogin } from "./login.ts";

const HASH = "$scrypt$ln=1,r=1,p=1$salt$hash";

Deno.test("createLogin() checks right credentials once", async () => {
  const { login, checked } = loginWith({ alice: "secret" });
  assert.equal(await login(btoa("alice:secret")), "alice");
  assert.equal(await login(btoa("alice:secret")), "alice");
  assert.deepEqual(checked, ["secret"]);
});

Deno.test("createLogin() checks wrong credentials each time", async () => {
  const { login, checked } = loginWith({ alice: "secret" });
  assert.equal(await login(btoa("alice:wrong")), undefined);
  assert.equal(await login(btoa("alice:wrong")), undefined);
  assert.equal(checked.length, 2);
});

Deno.test("createLogin() compares unknown users with what known users have", async () => {
  const cases: readonly (readonly [users: Record<string, string>, compared: string])[] = [
    [{ alice: "clear" }, "clear"],
    [{ alice: "clear", bob: HASH }, HASH],
    [{}, ""],
  ];
  for (const [users, compared] of cases) {
    const { login, checked } = loginWith(users, () => true);
    assert.equal(await login(btoa("eve:x")), undefined);
    assert.deepEqual(checked, [compared]);
  }
});

Deno.test("createLogin() lets requests with the same credentials share one check", async () => {
  const { login, checked } = loginWith({ alice: "secret" });
  const names = await Promise.all(Array.from({ length: 100 }, () => login(btoa("alice:secret"))));
  assert.deepEqual(new Set(names), new Set(["alice"]));
  assert.equal(checked.length, 1);
});

Deno.test("createLogin() runs two checks at a time, and refuses when too many wait", async () => {
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  let running = 0;
  let most = 0;
  const login = createLogin({
    users: { alice: "secret" },
    async verifyPassword() {
      most = Math.max(most, ++running);
      await released;
      running--;
      return false;
    },
  });
  const outcomes = Array.from(
    { length: 40 },
    (_, index) => login(btoa(`alice:${index}`)).then(() => "checked", (error) => error.code),
  );
  release();
  const counts = Object.groupBy(await Promise.all(outcomes), String);
  assert.equal(counts.checked?.length, 34);
  assert.equal(counts.unavailable?.length, 6);
  assert.equal(most, 2);
});

Deno.test("createLogin() goes on after a check that fails", async () => {
  let attempts = 0;
  const login = createLogin({
    users: { alice: "secret" },
    verifyPassword: () =>
      ++attempts === 1 ? Promise.reject(new Error("broken")) : Promise.resolve(true),
  });
  await assert.rejects(login(btoa("alice:secret")), /broken/);
  assert.equal(await login(btoa("alice:secret")), "alice");
});

Deno.test("createLogin() takes any characters", async () => {
  const { login } = loginWith({ "zoë": "pass:wörd" });
  const bytes = new TextEncoder().encode("zoë:pass:wörd");
  assert.equal(await login(btoa(String.fromCharCode(...bytes))), "zoë");
});

function loginWith(
  users: Record<string, string>,
  matches = (clear: string, stored: string) => clear === stored,
) {
  const checked: string[] = [];
  const login = createLogin({
    users,
    verifyPassword(clear, stored) {
      checked.push(stored);
      return Promise.resolve(matches(clear, stored));
    },
  });
  return { login, checked };
}
