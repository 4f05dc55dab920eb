/**
 * Has an executable take over the data of an earlier build with a duty that is open, and relay: what it finds and what it
 * is sent. Its arguments are those of `scenario.ts`; the client receives here.
 */
import assert from "node:assert/strict";
import { MIGRATIONS } from "../../storage/sqlite/migrations.ts";
import { startApp } from "../support/app.ts";
import { dicomFile } from "../support/dicom.ts";
import { makeOlder } from "../support/older_index.ts";
import { freePort } from "../support/peer.ts";
import { waitFor } from "../support/wait.ts";
import { ask, askJson, createRunner, dataSetOf } from "./runner.ts";

/** The first schema that has duties. */
const FIRST_WITH_DUTIES = 5;

const [folder, client, ...command] = Deno.args as [string, string, ...string[]];
const { serve } = createRunner(folder);
const FILES = [1, 2].map((n) => dicomFile({ sopInstanceUid: `1.2.3.${n}` })) as [
  Uint8Array<ArrayBuffer>,
  Uint8Array<ArrayBuffer>,
];

const port = freePort();
const data = `${folder}/data`;
const config = {
  StorageDirectory: data,
  DicomServerEnabled: false,
  DicomModalities: { central: ["CENTRAL", "127.0.0.1", port] },
  Relay: { Rules: [{ id: "all", do: [{ send: { to: "central", confirm: "verify" } }] }] },
};
await Deno.mkdir(data);
await Deno.writeTextFile(`${folder}/config.json`, JSON.stringify(config));
{
  await using earlier = await startApp({ folder: data, config });
  await earlier.send("POST", "/relay/pause");
  await earlier.upload(FILES[0]);
}
await makeOlder(
  `${data}/outpost.sqlite`,
  Math.max(FIRST_WITH_DUTIES, MIGRATIONS.length - 1),
);

const receiver = await serve(
  ...[client, "--dicom-port", String(port), "--dicom-aet", "CENTRAL"],
  ...["--dicom-always-allow-find", "true", "--storage-directory", `${folder}/received`],
);
const sender = await serve(...command, `${folder}/config.json`);
await ask(`${sender.url}/instances`, { method: "POST", body: FILES[1] });

const duties = async () =>
  (await askJson<{ duties: Record<string, number> }>(`${sender.url}/relay/summary`)).duties;
assert.deepEqual(await duties(), { ready: FILES.length }, "the pause goes on as well");
await ask(`${sender.url}/relay/resume`, { method: "POST" });
await waitFor(async () => (await duties()).confirmed === FILES.length, "the proof of all duties");
assert.deepEqual(await duties(), { confirmed: FILES.length });
for (const id of await askJson<string[]>(`${sender.url}/instances`)) {
  const [sent, received] = [sender, receiver].map(({ url }) => ask(`${url}/instances/${id}/file`));
  assert.deepEqual(dataSetOf((await received)!), dataSetOf((await sent)!));
}
await sender.stop();
await receiver.stop();
