import assert from "node:assert/strict";
import { systemClock } from "../core/clock.ts";
import { socketOf } from "../core/net/conn_socket.ts";
import { startApp } from "../tests/support/app.ts";
import { associateRequest, VERIFICATION } from "../tests/support/association.ts";
import { client, instance, remote, signal } from "../tests/support/scu.ts";
import { type Association, requestAssociation } from "./association.ts";
import { CommandField } from "./command.ts";
import { listenDicom } from "./scp.ts";

/** Together as many as one caller may have. */
const IDLE = 170;
const BUSY = 30;
const EACH = 4;
const CEILING_MS = 120_000;

async function associate(port: number): Promise<Association> {
  return await requestAssociation(associateRequest(), {
    socket: socketOf(await Deno.connect({ hostname: "127.0.0.1", port })),
    clock: systemClock,
    maximumLength: 16_384,
    artimMs: CEILING_MS,
    idleMs: CEILING_MS,
  });
}

async function echo(association: Association): Promise<number | undefined> {
  const commandField = CommandField.cEchoRequest;
  const command = { commandField, messageId: 1, affectedSopClassUid: VERIFICATION };
  await association.send({ contextId: 1, command });
  return (await association.receive())?.command.status;
}

/** Stores instances of its own over one association. */
async function store(port: number, first: number): Promise<void> {
  await using scu = client();
  const request = { kinds: [instance(first)], allowTranscoding: false };
  await using session = await scu.openStore(remote(port), request, signal());
  for (let number = first; number < first + EACH; number++) {
    await session.store(instance(number, { size: 200_000 }), signal());
  }
}

Deno.test("tens of busy associations are served among hundreds of idle ones", async () => {
  await using server = await startApp({ config: { DicomPort: 0, DicomScpTimeout: 0 } });
  const app = { ...server.app, clock: systemClock };
  await using listener = await listenDicom(app);
  await using stack = new AsyncDisposableStack();
  const idle = await Promise.all(Array.from({ length: IDLE }, () => associate(listener.port)));
  for (const association of idle) stack.use(association);
  const senders = Array.from({ length: BUSY }, (_, index) => 1 + index * EACH);
  await Promise.all(senders.map((first) => store(listener.port, first)));
  assert.equal((await server.get<string[]>("/instances")).length, BUSY * EACH);
  const statuses = await Promise.all(idle.map(echo));
  assert.deepEqual(new Set(statuses), new Set([0]));
  const open = app.associations.list(1000).filter(({ end }) => !end);
  assert.ok(open.length >= IDLE, `${open.length} are open`);
});
