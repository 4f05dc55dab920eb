import assert from "node:assert/strict";
import fc from "fast-check";
import { accept, associated, associateRequest } from "../tests/support/association.ts";
import { createTestClock } from "../tests/support/clock.ts";
import { socketPair } from "../tests/support/socket_pair.ts";
import { acceptAssociation, type Association, requestAssociation } from "./association.ts";
import { CommandField, type KnownCommand } from "./command.ts";
import { reject } from "./negotiation.ts";
import { decodePdu, encodePdu, type Pdu } from "./pdu.ts";

const ECHO: KnownCommand = { commandField: CommandField.cEchoRequest, messageId: 1 };
const ABORTED_BY_PROVIDER = (reason: number): Pdu => ({ kind: "abort", source: 2, reason });

Deno.test("an association carries messages both ways and is released", async () => {
  const sockets = socketPair();
  const { scu, scp } = await associated(sockets, { clock: createTestClock() });
  assert.equal(scp.contexts.get(1)?.abstractSyntaxUid, "1.2.840.10008.1.1");
  await scu.send({ contextId: 1, command: ECHO });
  const request = await scp.receive();
  assert.equal(request?.command.messageId, 1);
  assert.equal(request?.dataSet, undefined);
  await scp.send({ contextId: 1, command: { commandField: 0x8030, status: 0 } });
  assert.equal((await scu.receive())?.command.status, 0);
  const released = scu.release();
  assert.equal(await scp.receive(), undefined);
  await Promise.all([released, scp.closed]);
  assert.deepEqual([scu.ending?.kind, scp.ending?.kind], ["released", "released"]);
  assert.deepEqual(sockets.map(({ isClosed }) => isClosed), [true, true]);
});

Deno.test("an association carries data sets whatever the size of chunks, PDUs and reads", async () => {
  const chunks = fc.array(fc.uint8Array({ maxLength: 3000 }), { maxLength: 6 });
  const sizes = fc.record({
    maximumLength: fc.integer({ min: 128, max: 4096 }),
    piece: fc.integer({ min: 1, max: 9000 }),
  });
  await fc.assert(
    fc.asyncProperty(chunks, sizes, async (dataSet, { maximumLength, piece }) => {
      const clock = createTestClock();
      const { scu, scp } = await associated(socketPair({ piece }), { clock, maximumLength });
      const sent = scu.send({ contextId: 1, command: ECHO, dataSet });
      const message = await scp.receive();
      const received: number[] = [];
      for await (const chunk of message!.dataSet!) received.push(...chunk);
      await sent;
      assert.deepEqual(received, dataSet.flatMap((chunk) => [...chunk]));
      await end(scu, scp);
    }),
    { numRuns: Number(Deno.env.get("FUZZ_RUNS") ?? 40) },
  );
});

Deno.test("receive() passes over what was not read of a data set", async () => {
  const { scu, scp } = await associated(socketPair(), { clock: createTestClock() });
  const dataSet = Array.from({ length: 100 }, () => new Uint8Array(1000));
  const sent = scu.send({ contextId: 1, command: ECHO, dataSet })
    .then(() => scu.send({ contextId: 1, command: { ...ECHO, messageId: 2 } }));
  const first = await scp.receive();
  for await (const chunk of first!.dataSet!) {
    assert.ok(chunk.length > 0);
    break;
  }
  assert.equal((await scp.receive())?.command.messageId, 2);
  await sent;
  await end(scu, scp);
});

Deno.test("an association is aborted by either side, and both learn of it", async () => {
  for (const by of ["scu", "scp"] as const) {
    const both = await associated(socketPair(), { clock: createTestClock() });
    const other = both[by === "scu" ? "scp" : "scu"];
    const receiving = other.receive();
    both[by].abort("enough");
    await assert.rejects(receiving, { code: "network", message: /remote aborted/ });
    await assert.rejects(both[by].send({ contextId: 1, command: ECHO }), /enough/);
    assert.equal(other.signal.aborted, true);
    await Promise.all([both.scu.closed, both.scp.closed]);
    assert.equal(both[by].ending?.by, "local");
    assert.equal(other.ending?.by, "remote");
  }
});

Deno.test("an association that both sides release ends on both", async () => {
  const { scu, scp } = await associated(socketPair(), { clock: createTestClock() });
  await Promise.all([scu.release(), scp.release()]);
  assert.deepEqual([scu.ending?.kind, scp.ending?.kind], ["released", "released"]);
});

Deno.test("an association whose connection is lost says so", async () => {
  const sockets = socketPair();
  const { scu, scp } = await associated(sockets, { clock: createTestClock() });
  const receiving = scp.receive();
  sockets[0].close();
  await assert.rejects(receiving, { code: "network" });
  assert.equal(scp.ending?.kind, "lost");
  await assert.rejects(scu.send({ contextId: 1, command: ECHO }));
  await Promise.all([scu.closed, scp.closed]);
});

Deno.test("a silent remote is aborted, in a message too", async () => {
  for (const begins of [false, true]) {
    const clock = createTestClock();
    const [remote, here] = socketPair();
    const scp = await half(remote, accept(here, { clock, idleMs: 5000 }));
    if (begins) {
      const body = Uint8Array.of(0, 0, 0, 4, 1, 1, 0, 0);
      await remote.writeAll(Uint8Array.of(4, 0, 0, 0, 0, body.length, ...body));
    }
    const receiving = assert.rejects(scp.receive(), { code: "timeout" });
    await settled();
    await clock.advance(4999);
    assert.equal(scp.ending, undefined);
    await clock.advance(2);
    await receiving;
    assert.equal(here.isClosed, false);
    await clock.advance(10_000); // the remote does not close the connection
    await scp.closed;
    assert.equal(clock.pending, 0);
    assert.deepEqual((await pdusOf(remote)).at(-1), { kind: "abort", source: 0, reason: 0 });
  }
});

Deno.test("a remote that takes nothing is aborted", async () => {
  const clock = createTestClock();
  const [remote, here] = socketPair({ capacity: 1000 });
  const scp = await half(remote, accept(here, { clock, idleMs: 5000 }));
  const sending = assert.rejects(
    scp.send({ contextId: 1, command: ECHO, dataSet: [new Uint8Array(100_000)] }),
    { code: "timeout" },
  );
  await settled();
  await clock.advance(5001);
  await clock.advance(10_001);
  await clock.advance(1001);
  await sending;
  await scp.closed;
  assert.equal(clock.pending, 0);
});

Deno.test("a connection without request for an association is closed after ARTIM", async () => {
  const clock = createTestClock();
  const [remote, here] = socketPair();
  const accepting = assert.rejects(accept(here, { clock }), /too long/);
  await clock.advance(9999);
  assert.equal(here.isClosed, false);
  await clock.advance(2);
  await accepting;
  assert.equal((await remote.readAll()).length, 0);
  assert.equal(clock.pending, 0);
});

Deno.test("acceptAssociation() rejects with the reason", async () => {
  const clock = createTestClock();
  const [there, here] = socketPair();
  const options = { clock, maximumLength: 16_384, artimMs: 10_000, idleMs: 1000 };
  const refused = reject({ rejection: "callingAeTitleNotRecognized", why: "who is it" });
  const requested = assert.rejects(
    requestAssociation(associateRequest(), { ...options, socket: there }),
    /calling AE title not recognized/,
  );
  const result = await acceptAssociation(() => refused, { ...options, socket: here });
  await requested;
  const ending = { kind: "rejected", by: "local", reason: "who is it" };
  assert.deepEqual(result, { kind: "ended", ending });
  assert.equal(clock.pending, 0);
});

const VIOLATIONS: Readonly<Record<string, { bytes: readonly number[]; answer: Pdu }>> = {
  "an unknown PDU": { bytes: [9, 0, 0, 0, 0, 0], answer: ABORTED_BY_PROVIDER(1) },
  "a PDU beyond the announced length": {
    bytes: [4, 0, 0, 1, 0, 0],
    answer: ABORTED_BY_PROVIDER(6),
  },
  "a second request": {
    bytes: [...encodePdu(associateRequest())],
    answer: ABORTED_BY_PROVIDER(2),
  },
  "a presentation context that was not accepted": {
    bytes: [4, 0, 0, 0, 0, 8, 0, 0, 0, 4, 3, 3, 0, 0],
    answer: ABORTED_BY_PROVIDER(6),
  },
  "a data set without command": {
    bytes: [4, 0, 0, 0, 0, 8, 0, 0, 0, 4, 1, 2, 0, 0],
    answer: ABORTED_BY_PROVIDER(6),
  },
  "a value longer than its PDU": {
    bytes: [4, 0, 0, 0, 0, 8, 0, 0, 0, 9, 1, 3, 0, 0],
    answer: ABORTED_BY_PROVIDER(6),
  },
  "a malformed command": {
    bytes: [4, 0, 0, 0, 0, 8, 0, 0, 0, 4, 1, 3, 0, 0],
    answer: ABORTED_BY_PROVIDER(6),
  },
};

for (const [name, { bytes, answer }] of Object.entries(VIOLATIONS)) {
  Deno.test(`${name} aborts the association`, async () => {
    const clock = createTestClock();
    const [remote, here] = socketPair();
    const scp = await half(remote, accept(here, { clock }));
    await remote.writeAll(Uint8Array.from(bytes));
    await assert.rejects(scp.receive(), { code: "network" });
    await clock.advance(10_001);
    await scp.closed;
    assert.deepEqual((await pdusOf(remote)).at(-1), answer);
  });
}

Deno.test("watch() notices C-CANCEL of its operation only", async () => {
  const { scu, scp } = await associated(socketPair(), { clock: createTestClock() });
  using watch = scp.watch(7);
  const cancel = (messageIdBeingRespondedTo: number) =>
    scu.send({ contextId: 1, command: { commandField: 0x0fff, messageIdBeingRespondedTo } });
  await cancel(6);
  await scu.send({ contextId: 1, command: { commandField: 0x8001, messageIdBeingRespondedTo: 6 } });
  assert.equal((await watch.response()).command.commandField, 0x8001);
  assert.equal(watch.signal.aborted, false);
  const aborted = new Promise((resolve) => watch.signal.addEventListener("abort", resolve));
  await cancel(7);
  await aborted;
  assert.equal(scp.signal.aborted, false);
  await end(scu, scp);
});

Deno.test("watch() notices the end of the association, and keeps the next request", async () => {
  const { scu, scp } = await associated(socketPair(), { clock: createTestClock() });
  {
    using watch = scp.watch(1);
    await scu.send({ contextId: 1, command: { ...ECHO, messageId: 2 } });
    await assert.rejects(watch.response(), { code: "network" });
  }
  assert.equal((await scp.receive())?.command.messageId, 2);
  using watch = scp.watch(2);
  const aborted = new Promise((resolve) => watch.signal.addEventListener("abort", resolve));
  scu.abort("enough");
  await aborted;
  await assert.rejects(watch.response(), { code: "network" });
  await Promise.all([scu.closed, scp.closed]);
});

Deno.test("receive() waits no longer than allowed for what a watch has begun to read", async () => {
  const clock = createTestClock();
  const [remote, here] = socketPair();
  const scp = await half(remote, accept(here, { clock, idleMs: 5000 }));
  scp.watch(1)[Symbol.dispose]();
  await clock.advance(6000);
  assert.equal(scp.ending, undefined);
  const receiving = assert.rejects(scp.receive(), { code: "timeout" });
  await clock.advance(5001);
  await receiving;
  await clock.advance(10_001);
  await scp.closed;
});

Deno.test("a data set that cannot be read aborts the association", async () => {
  const { scu, scp } = await associated(socketPair(), { clock: createTestClock() });
  async function* broken() {
    yield new Uint8Array(10);
    await Promise.reject(new Error("the disk"));
  }
  const receiving = assert.rejects(scp.receive(), { code: "network" });
  await assert.rejects(scu.send({ contextId: 1, command: ECHO, dataSet: broken() }), /the disk/);
  await receiving;
  await Promise.all([scu.closed, scp.closed]);
});

/** Lets everything happen that waits for promises only. */
function settled(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}

/** An association with a remote that is but a socket. */
async function half(
  remote: ReturnType<typeof socketPair>[0],
  accepting: Promise<Association>,
): Promise<Association> {
  await remote.writeAll(encodePdu(associateRequest()));
  return await accepting;
}

async function pdusOf(socket: ReturnType<typeof socketPair>[0]): Promise<Pdu[]> {
  const bytes = await socket.readAll();
  const view = new DataView(bytes.buffer);
  const pdus: Pdu[] = [];
  for (let at = 0; at + 6 <= bytes.length;) {
    const length = view.getUint32(at + 2);
    pdus.push(decodePdu(bytes[at]!, bytes.subarray(at + 6, at + 6 + length)));
    at += 6 + length;
  }
  return pdus;
}

async function end(scu: Association, scp: Association): Promise<void> {
  const released = scu.release();
  assert.equal(await scp.receive(), undefined);
  await Promise.all([released, scp.closed]);
}
