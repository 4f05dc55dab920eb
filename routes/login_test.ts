import assert from "node:assert/strict";
import { createTestClock } from "../tests/support/clock.ts";
import { createLogin } from "./login.ts";

const HERE = "127.0.0.1";
const ALICE = { kind: "user", name: "alice" };
const NOBODY = { kind: "nobody" };
const HASH = "$scrypt$ln=1,r=1,p=1$salt$hash";

Deno.test("createLogin() checks right credentials once", async () => {
  const { login, checked } = loginWith({ alice: "secret" });
  assert.deepEqual(await login(btoa("alice:secret"), HERE), ALICE);
  assert.deepEqual(await login(btoa("alice:secret"), HERE), ALICE);
  assert.deepEqual(checked, ["secret"]);
});

Deno.test("createLogin() checks wrong credentials each time", async () => {
  const { login, checked } = loginWith({ alice: "secret" });
  assert.deepEqual(await login(btoa("alice:wrong"), HERE), NOBODY);
  assert.deepEqual(await login(btoa("alice:wrong"), HERE), NOBODY);
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
    assert.deepEqual(await login(btoa("eve:x"), HERE), NOBODY);
    assert.deepEqual(checked, [compared]);
  }
});

Deno.test("createLogin() lets requests with the same credentials share one check", async () => {
  const { login, checked } = loginWith({ alice: "secret" });
  const outcomes = await Promise.all(
    Array.from({ length: 100 }, () => login(btoa("alice:secret"), HERE)),
  );
  assert.deepEqual(outcomes, Array(100).fill(ALICE));
  assert.equal(checked.length, 1);
});

Deno.test("createLogin() runs two checks at a time, and refuses when too many wait", async () => {
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  let running = 0;
  let most = 0;
  const login = createLogin({
    users: { alice: { password: "secret" } },
    uptime: () => 0,
    async verifyPassword() {
      most = Math.max(most, ++running);
      await released;
      running--;
      return false;
    },
  });
  const outcomes = Array.from(
    { length: 40 },
    (_, index) =>
      login(btoa(`alice:${index}`), `192.0.2.${index}`).then(
        () => "checked",
        (error) => error.code,
      ),
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
    users: { alice: { password: "secret" } },
    uptime: () => 0,
    verifyPassword: () =>
      ++attempts === 1 ? Promise.reject(new Error("broken")) : Promise.resolve(true),
  });
  await assert.rejects(login(btoa("alice:secret"), HERE), /broken/);
  assert.deepEqual(await login(btoa("alice:secret"), HERE), ALICE);
});

Deno.test("createLogin() takes any characters", async () => {
  const { login } = loginWith({ "zoë": "pass:wörd" });
  const bytes = new TextEncoder().encode("zoë:pass:wörd");
  const outcome = await login(btoa(String.fromCharCode(...bytes)), HERE);
  assert.deepEqual(outcome, { kind: "user", name: "zoë" });
});

Deno.test("createLogin() lets an address try ten wrong passwords, then one each six seconds", async () => {
  const { login, checked, clock } = loginWith({ alice: "secret" });
  const attempt = async (number: number) => (await login(btoa(`alice:${number}`), HERE)).kind;
  const kinds = [];
  for (let number = 0; number < 12; number++) kinds.push(await attempt(number));
  assert.deepEqual(kinds, [...Array(10).fill("nobody"), "blocked", "blocked"]);
  assert.equal(checked.length, 10);
  await clock.advance(5_999);
  assert.equal(await attempt(12), "blocked");
  await clock.advance(1);
  assert.equal(await attempt(13), "nobody");
  assert.equal(await attempt(14), "blocked");
});

Deno.test("createLogin() blocks an address for unknown users as for known ones", async () => {
  for (const name of ["alice", "eve"]) {
    const { login } = loginWith({ alice: "secret" });
    const outcomes = [];
    for (let number = 0; number < 11; number++) {
      outcomes.push(await login(btoa(`${name}:${number}`), HERE));
    }
    assert.deepEqual(outcomes.at(-2), NOBODY);
    assert.deepEqual(outcomes.at(-1), { kind: "blocked", waitMs: 6000 });
  }
});

Deno.test("createLogin() blocks neither other addresses nor credentials that were right", async () => {
  const { login } = loginWith({ alice: "secret", bob: "other" });
  assert.deepEqual(await login(btoa("alice:secret"), HERE), ALICE);
  for (let number = 0; number < 10; number++) await login(btoa(`alice:${number}`), HERE);
  assert.equal((await login(btoa("bob:other"), HERE)).kind, "blocked");
  assert.deepEqual(await login(btoa("alice:secret"), HERE), ALICE);
  assert.equal((await login(btoa("bob:other"), "192.0.2.1")).kind, "user");
});

Deno.test("createLogin() counts wrong passwords only", async () => {
  const users = Object.fromEntries(Array.from({ length: 30 }, (_, number) => [`u${number}`, "x"]));
  const { login } = loginWith(users);
  for (const name of Object.keys(users)) {
    assert.deepEqual(await login(btoa(`${name}:x`), HERE), { kind: "user", name });
  }
});

function loginWith(
  users: Record<string, string>,
  matches = (clear: string, stored: string) => clear === stored,
) {
  const checked: string[] = [];
  const clock = createTestClock();
  const entries = Object.entries(users).map(([name, password]) => [name, { password }]);
  const login = createLogin({
    users: Object.fromEntries(entries),
    uptime: clock.uptime,
    verifyPassword(clear, stored) {
      checked.push(stored);
      return Promise.resolve(matches(clear, stored));
    },
  });
  return { login, checked, clock };
}
