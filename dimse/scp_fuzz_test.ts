import assert from "node:assert/strict";
import { systemClock } from "../core/clock.ts";
import { startApp } from "../tests/support/app.ts";
import { echo, fuzzDicom } from "../tests/support/dimse_fuzz.ts";
import { listenDicom } from "./scp.ts";

Deno.test("listenDicom() survives damaged conversations, and forgets them", async () => {
  const runs = Number(Deno.env.get("FUZZ_RUNS") ?? 2000);
  const config = { DicomPort: 0, DicomScpTimeout: 5, AuditLogEnabled: false }; // its file is opened when first needed
  await using server = await startApp({ config });
  const app = { ...server.app, clock: systemClock };
  await using listener = await listenDicom(app);
  const { port } = listener;
  await echo(port);
  const open = countFiles();
  const done = await fuzzDicom({ port, seed: 1, concurrency: 16, goOn: (count) => count < runs });
  assert.ok(done >= runs);
  await echo(port);
  const lasting = app.associations.list(1000).filter(({ end }) => !end);
  assert.deepEqual(lasting, []);
  assert.ok(countFiles() <= open);
});

/** Open files and sockets of this process. */
function countFiles(): number {
  return [...Deno.readDirSync("/proc/self/fd")].length;
}
