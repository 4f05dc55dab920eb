import assert from "node:assert/strict";
import { createTestClock } from "../../../tests/support/clock.ts";
import { dutyInstance } from "../../../tests/support/duty_instance.ts";
import { instanceFile } from "../../../tests/support/instances.ts";
import { openExportFolder } from "../../../storage/export_folder.ts";
import { createFolderSender } from "./folder.ts";

const NEVER = new AbortController().signal;

async function start() {
  const path = await Deno.makeTempDir();
  return {
    path,
    sender: createFolderSender(openExportFolder(path, createTestClock())),
    [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }).catch(() => {}),
  };
}

Deno.test("deliver() writes the file below its study and series, and prove() reads it again", async () => {
  await using it = await start();
  const file = instanceFile();
  const instance = dutyInstance({ file });
  const outcome = await it.sender.deliver(instance, NEVER);
  assert.deepEqual(outcome, { kind: "accepted", status: "written" });
  const path = `${it.path}/1.1/1.1.1/1.1.1.1.dcm`;
  assert.deepEqual(await Deno.readFile(path), new Uint8Array(file));
  assert.deepEqual(await it.sender.prove([instance], "verify", NEVER), [{ kind: "proven" }]);
  await Deno.writeFile(path, file.subarray(1));
  const [changed] = await it.sender.prove([instance], "commit", NEVER);
  assert.equal(changed?.kind, "missing");
  await Deno.remove(path);
  const [gone] = await it.sender.prove([instance], "commit", NEVER);
  assert.equal(gone?.kind, "missing");
});

for (const uid of ["../../etc", "1/2", "", ".", "..", "1.2\0", "1..2", "a".repeat(65)]) {
  Deno.test(`a UID that is ${JSON.stringify(uid)} names no file`, async () => {
    await using it = await start();
    const odd = { studyInstanceUid: uid, seriesInstanceUid: uid, sopInstanceUid: uid };
    const instance = dutyInstance({ ...odd, file: instanceFile() });
    await it.sender.deliver(instance, NEVER);
    const { Study, Series, Instance } = instance.ids;
    await Deno.stat(`${it.path}/${Study}/${Series}/${Instance}.dcm`);
  });
}

Deno.test("a folder that is not there is away, and is not made", async () => {
  await using it = await start();
  await Deno.remove(it.path);
  const outcome = await it.sender.deliver(dutyInstance(), NEVER);
  assert.equal(outcome.kind === "transient" && outcome.connectionFault, true);
  await assert.rejects(it.sender.probe(NEVER), { code: "network" });
  await assert.rejects(Deno.stat(it.path), Deno.errors.NotFound);
});
