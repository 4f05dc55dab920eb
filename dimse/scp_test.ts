import assert from "node:assert/strict";
import { systemClock } from "../core/clock.ts";
import { readFileMeta } from "../core/dicom/part10.ts";
import { socketOf } from "../core/net/conn_socket.ts";
import { startApp, type TestApp } from "../tests/support/app.ts";
import { associateRequest } from "../tests/support/association.ts";
import { instanceFile } from "../tests/support/instances.ts";
import { type Association, requestAssociation } from "./association.ts";
import { CommandField, type KnownCommand } from "./command.ts";
import type { AssociateRequest } from "./pdu.ts";
import { type DicomListener, listenDicom } from "./scp.ts";

const MR = "1.2.840.10008.5.1.4.1.1.4";
const EXPLICIT = "1.2.840.10008.1.2.1";
const STORE: KnownCommand = {
  commandField: CommandField.cStoreRequest,
  messageId: 7,
  affectedSopClassUid: MR,
  affectedSopInstanceUid: "1.1.1.1",
};

interface AssociationJson {
  readonly State: string;
  readonly Reason?: string;
  readonly Commands: Readonly<Record<string, number>>;
  readonly Refused: readonly { readonly Command: string; readonly Reason: string }[];
}

/** What nothing here takes, however slow the machine. */
const CEILING_MS = 120_000;

Deno.test("a store that fails is answered why, and the association goes on", async () => {
  await using server = await serve();
  await using scu = await server.call();
  const file = instanceFile();
  const cut = dataSet(file).subarray(0, 40);
  assert.equal(await status(scu, STORE, cut), 0xc000);
  assert.equal(await status(scu, STORE, dataSet(instanceFile({ StudyInstanceUID: null }))), 0xc000);
  const other = { ...STORE, affectedSopInstanceUid: "1.2.3" };
  assert.equal(await status(scu, other, dataSet(file)), 0xa900);
  assert.equal(
    await status(scu, { ...STORE, affectedSopClassUid: "1.2.3" }, dataSet(file)),
    0xa900,
  );
  assert.equal(await status(scu, { commandField: 1, messageId: 1 }, dataSet(file)), 0xc000);
  assert.equal(await status(scu, STORE), 0xc000);
  assert.deepEqual(await server.app.get("/instances"), []);
  assert.equal(await status(scu, STORE, dataSet(file)), 0x0000);
  assert.equal(await status(scu, STORE, dataSet(file)), 0x0000); // it is there already
  assert.equal((await server.app.get<string[]>("/instances")).length, 1);
  await scu.release();
});

Deno.test("a response repeats what its request says", async () => {
  await using server = await serve();
  await using scu = await server.call();
  await scu.send({ contextId: 3, command: STORE, dataSet: [dataSet(instanceFile())] });
  const { contextId, command } = (await scu.receive())!;
  assert.deepEqual({ contextId, ...command }, {
    contextId: 3,
    affectedSopClassUid: MR,
    affectedSopInstanceUid: "1.1.1.1",
    commandField: 0x8001,
    messageIdBeingRespondedTo: 7,
    commandDataSetType: 0x0101,
    status: 0,
  });
  await scu.release();
});

Deno.test("commands that are not served here are answered why", async () => {
  await using server = await serve();
  await using scu = await server.call();
  assert.equal(await status(scu, { commandField: 0x0140, messageId: 1 }), 0x0211);
  await scu.send({ contextId: 1, command: STORE, dataSet: [dataSet(instanceFile())] });
  assert.equal((await scu.receive())?.command.status, 0x0122);
  await scu.send({ contextId: 1, command: { commandField: 0x0fff, messageIdBeingRespondedTo: 9 } });
  await scu.send({ contextId: 1, command: { commandField: 0x0030, messageId: 2 } });
  assert.equal((await scu.receive())?.command.messageIdBeingRespondedTo, 2);
  await scu.release();
  const [association] = await server.app.get<AssociationJson[]>("/associations");
  assert.deepEqual(association?.Commands, { "C-ECHO": 1 });
  assert.deepEqual(association.Refused.map(({ Command }) => Command), ["0x0140", "C-STORE"]);
});

Deno.test("a command that is not allowed is answered 0x0124 with a comment", async () => {
  await using server = await serve({ DicomAlwaysAllowStore: false });
  await using scu = await server.call();
  await scu.send({ contextId: 3, command: STORE, dataSet: [dataSet(instanceFile())] });
  const { command } = (await scu.receive())!;
  assert.equal(command.status, 0x0124);
  assert.match(command.errorComment!, /no modality has the AE title "CALLING"/);
  await scu.release();
});

Deno.test("a response that nobody waits for aborts the association", async () => {
  await using server = await serve();
  await using scu = await server.call();
  await scu.send({ contextId: 1, command: { commandField: 0x8030, status: 0 } });
  await assert.rejects(scu.receive(), { code: "network" });
  await scu.closed;
  const [association] = await server.app.get<AssociationJson[]>("/associations");
  assert.equal(association?.State, "Aborted");
  assert.match(association.Reason!, /nobody waits for/);
});

Deno.test("a read-only server refuses to store", async () => {
  await using server = await serve({ ReadOnly: true });
  await using scu = await server.call();
  assert.equal(await status(scu, STORE, dataSet(instanceFile())), 0x0124);
  await scu.release();
});

Deno.test("close() aborts what is idle, and lets nobody in", async () => {
  await using server = await serve();
  await using scu = await server.call();
  await server.listener.close(20);
  await assert.rejects(scu.receive(), { code: "network" });
  await assert.rejects(server.call());
});

Deno.test("too many associations of one caller are rejected, and admitted when others have gone", async () => {
  await using server = await serve();
  await using stack = new AsyncDisposableStack();
  const calls = Array.from({ length: 200 }, () => server.call());
  for (const call of calls) stack.use(await call);
  await assert.rejects(server.call(), /local limit exceeded/);
  await stack.disposeAsync();
  let scu: Association | undefined;
  while (!scu) scu = await server.call().catch(() => undefined); // it may take a while to notice
  await scu.release();
});

interface Serving extends AsyncDisposable {
  readonly app: TestApp;
  readonly listener: DicomListener;
  /** Asks for an association with contexts 1 of verification and 3 of MR images. */
  call(): Promise<Association>;
}

async function serve(config: Readonly<Record<string, unknown>> = {}): Promise<Serving> {
  await using stack = new AsyncDisposableStack();
  const app = stack.use(await startApp({ config: { DicomPort: 0, ...config } }));
  const listener = stack.use(await listenDicom({ ...app.app, clock: systemClock }));
  const running = stack.move();
  return {
    app,
    listener,
    call: async () => await associate(await Deno.connect({ port: listener.port })),
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

function associate(conn: Deno.Conn): Promise<Association> {
  const request = associateRequest();
  const storage = { id: 3, abstractSyntax: MR, transferSyntaxes: [EXPLICIT] };
  const both: AssociateRequest = { ...request, contexts: [...request.contexts, storage] };
  return requestAssociation(both, {
    socket: socketOf(conn),
    clock: systemClock,
    maximumLength: 16_384,
    artimMs: CEILING_MS,
    idleMs: CEILING_MS,
  });
}

async function status(scu: Association, command: KnownCommand, bytes?: Uint8Array) {
  await scu.send({ contextId: 3, command, ...(bytes && { dataSet: [bytes] }) });
  return (await scu.receive())?.command.status;
}

function dataSet(file: Uint8Array): Uint8Array {
  return file.subarray(readFileMeta(file).dataSetOffset);
}
