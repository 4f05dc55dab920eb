import assert from "node:assert/strict";
import { startApp } from "../../tests/support/app.ts";
import { createTestClock } from "../../tests/support/clock.ts";
import { dicomFile } from "../../tests/support/dicom.ts";
import { openLocalIndex } from "../../tests/support/index.ts";
import { type TestDestinations, testDestinations } from "../../tests/support/relay.ts";
import { waitFor } from "../../tests/support/wait.ts";

/** What the end of the process leaves in doubt: duties that were being sent. */

const RULES = [{ id: "all", do: [{ send: { to: "a" } }] }];
const ALWAYS = { OverwriteInstances: "Always" };

/** A folder whose index says that instances 1 to `count` were on their way to `a` when the process ended. */
async function killed(count: number, sinks: TestDestinations): Promise<string> {
  const folder = await Deno.makeTempDir();
  {
    const config = { ...ALWAYS, Relay: { Rules: RULES } };
    await using server = await startApp({ folder, destinations: sinks, config });
    await server.post("/relay/pause", {});
    for (let n = 1; n <= count; n++) {
      await server.upload(dicomFile({ sopInstanceUid: `1.2.${n}` }));
    }
  }
  const turns = Array.from({ length: count }, () => "normal" as const);
  await using index = openLocalIndex(`${folder}/outpost.sqlite`);
  await index.claimDuties({ destination: "a", lowest: "bulk", exceptRules: [], turns });
  return folder;
}

async function restart(folder: string, sinks: TestDestinations) {
  const config = { ...ALWAYS, Relay: { Rules: RULES } };
  const clock = createTestClock();
  return await startApp({ folder, destinations: sinks, config, clock });
}

/** Carries out what is owed, and gives what of it was sent. */
async function resume(folder: string, sinks: TestDestinations, count: number): Promise<string[]> {
  await using server = await restart(folder, sinks);
  await server.post("/relay/resume", {});
  await waitFor(async () => {
    const counts = await server.app.relay.duties.dutyCounts();
    return counts.some(({ state, count: number }) => state === "confirmed" && number === count);
  });
  return sinks.sink("a").accepted.map(({ uid }) => uid).sort();
}

Deno.test("after an unclean end only what the destination does not have is sent again", async () => {
  const sinks = testDestinations(["a"]);
  sinks.sink("a").prove = ({ sopInstanceUid }) =>
    sopInstanceUid === "1.2.2" ? { kind: "missing", reason: "not there" } : { kind: "proven" };
  const folder = await killed(3, sinks);
  try {
    assert.deepEqual(await resume(folder, sinks, 3), ["1.2.2"]);
    await using server = await restart(folder, sinks);
    const { duties } = server.app.relay;
    const [first] = await duties.duties({ before: 2, limit: 1 });
    const { attempts } = (await duties.duty(first!.id))!;
    assert.deepEqual(attempts.map(({ outcome }) => outcome), ["found"]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

for (
  const kind of ["pending", "unsupported"] as const
) {
  Deno.test(`after an unclean end all is sent again where proof is ${kind}`, async () => {
    const sinks = testDestinations(["a"]);
    sinks.sink("a").prove = () => ({ kind, reason: "who knows" });
    const folder = await killed(2, sinks);
    try {
      assert.deepEqual(await resume(folder, sinks, 2), ["1.2.1", "1.2.2"]);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  });
}

Deno.test("what a destination has proves nothing of another version of an instance", async () => {
  const sinks = testDestinations(["a"]);
  const folder = await killed(1, sinks);
  try {
    {
      await using server = await restart(folder, sinks);
      await server.upload(dicomFile({ sopInstanceUid: "1.2.1", pixelBytes: 100 }));
    }
    {
      await using index = openLocalIndex(`${folder}/outpost.sqlite`);
      const request = { destination: "a", lowest: "bulk", exceptRules: [] } as const;
      assert.equal((await index.claimDuties({ ...request, turns: ["normal"] })).length, 1);
    }
    assert.deepEqual(await resume(folder, sinks, 1), ["1.2.1"]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
