import assert from "node:assert/strict";
import { systemClock } from "../core/clock.ts";
import { startApp } from "../tests/support/app.ts";
import { dialTcp, echo, fuzzDicom } from "../tests/support/dimse_fuzz.ts";
import { listenDicom } from "./scp.ts";

/** How long the server may take to end what its clients have left. */
const ENDING_MS = 120_000;

Deno.test("listenDicom() survives damaged conversations, and forgets them", async () => {
  const runs = Number(Deno.env.get("FUZZ_RUNS") ?? 1000);
  await using server = await startApp({ config: { DicomPort: 0 } });
  const app = { ...server.app, clock: systemClock };
  await using listener = await listenDicom(app);
  const dial = dialTcp(listener.port);
  const done = await fuzzDicom({ dial, seed: 1, concurrency: 16, goOn: (count) => count < runs });
  assert.ok(done >= runs);
  await echo(dial);
  const lasting = () => app.associations.list(1000).filter(({ end }) => !end);
  for (const until = Date.now() + ENDING_MS; lasting().length > 0 && Date.now() < until;) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  assert.deepEqual(lasting(), []);
});
