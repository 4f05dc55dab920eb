import assert from "node:assert/strict";
import { startApp } from "../../tests/support/app.ts";
import { dicomFile } from "../../tests/support/dicom.ts";
import { testDestinations } from "../../tests/support/relay.ts";
import { waitFor } from "../../tests/support/wait.ts";
import { HOPS_FIELD, hopsHeader, isRound, readHops } from "./hops.ts";

const [A, B, C, D] = ["a", "b", "c", "d"].map((letter) =>
  letter.repeat(8) + "-1111-2222-3333-444455556666"
);

Deno.test("readHops() reads what hopsHeader() writes, and leaves out what names no server", () => {
  assert.deepEqual(readHops(hopsHeader([A!, B!])[HOPS_FIELD]), [A, B]);
  assert.deepEqual(hopsHeader([]), {});
  assert.deepEqual(readHops(undefined), []);
  assert.deepEqual(readHops(`${A}, ../x, CT1,, ${B}`), [A, B]);
  assert.ok(readHops(`${A},`.repeat(1000)).length <= 16);
});

Deno.test("isRound() is what was here before, or has passed four servers", () => {
  assert.equal(isRound([A!, B!], C!), false);
  assert.equal(isRound([A!, B!], A!), true);
  assert.equal(isRound([A!, B!, C!, D!], "x"), true);
});

Deno.test("an instance that has come round is kept, and sent on no more", async () => {
  const sinks = testDestinations(["a"]);
  const rules = [{ id: "all", do: [{ send: { to: "a" } }] }];
  await using server = await startApp({ destinations: sinks, config: { Relay: { Rules: rules } } });
  const passed: (readonly string[])[] = [];
  sinks.sink("a").script = ({ hops }) => {
    passed.push(hops);
    return { kind: "accepted", status: "0x0000" };
  };
  const upload = (n: number, hops: readonly string[]) =>
    server.send("POST", "/instances", dicomFile({ sopInstanceUid: `1.2.${n}` }), {
      headers: hopsHeader(hops),
    });
  await upload(1, []);
  await waitFor(() => passed.length === 1);
  const [own] = passed[0]!;
  await upload(2, [A!]);
  await waitFor(() => passed.length === 2);
  assert.deepEqual(passed[1], [A, own]);

  for (const [n, hops] of [[A!, own!], [A!, B!, C!, D!]].entries()) {
    assert.equal((await upload(3 + n, hops)).status, 200);
  }
  const counts = await server.app.relay.duties.dutyCounts();
  assert.equal(counts.reduce((sum, { count }) => sum + count, 0), 2);
});
