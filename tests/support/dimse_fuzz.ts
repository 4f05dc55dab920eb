import { Buffer } from "node:buffer";
import { systemClock } from "../../core/clock.ts";
import { readFileMeta } from "../../core/dicom/part10.ts";
import { requestAssociation } from "../../dimse/association.ts";
import { CommandField, encodeCommand, HAS_DATA_SET, NO_DATA_SET } from "../../dimse/command.ts";
import { encodePdu } from "../../dimse/pdu.ts";
import { socketOf } from "../../core/net/conn_socket.ts";
import { associateRequest } from "./association.ts";
import { instanceFile } from "./instances.ts";

const MR = "1.2.840.10008.5.1.4.1.1.4";
const EXPLICIT = "1.2.840.10008.1.2.1";
const HOSTNAME = "127.0.0.1";
/** A server that does not close a connection in this time has lost it. */
const ANSWER_MS = 15_000;

/** How to fuzz. */
export interface FuzzOptions {
  readonly port: number;
  /** Where chance starts. */
  readonly seed: number;
  /** Connections at a time. */
  readonly concurrency: number;
  /** Whether to go on, asked before each connection. */
  readonly goOn: (done: number) => boolean;
}

/**
 * Sends damaged conversations to a DICOM server, each on a connection of its own, which the server must close.
 *
 * @returns how many; rejects if the server does not close one
 */
export async function fuzzDicom({ port, seed, concurrency, goOn }: FuzzOptions): Promise<number> {
  const random = randomNumbers(seed);
  const talk = conversation();
  let done = 0;
  await Promise.all(Array.from({ length: concurrency }, async () => {
    while (goOn(done)) {
      done++;
      await exchange(port, damaged(talk, random));
    }
  }));
  return done;
}

/** One C-ECHO, which must succeed. */
export async function echo(port: number): Promise<void> {
  const association = await requestAssociation(associateRequest(), {
    socket: socketOf(await Deno.connect({ hostname: HOSTNAME, port })),
    clock: systemClock,
    maximumLength: 16_384,
    artimMs: 1000,
    idleMs: 5000,
  });
  const command = { commandField: CommandField.cEchoRequest, messageId: 1 };
  await association.send({ contextId: 1, command });
  const response = await association.receive();
  await association.release();
  if (response?.command.status !== 0) throw new Error("C-ECHO was not answered");
}

async function exchange(port: number, bytes: Uint8Array): Promise<void> {
  using conn = await Deno.connect({ hostname: HOSTNAME, port });
  const timer = setTimeout(() => conn.close(), ANSWER_MS);
  let isLate = true;
  const writing = writeAll(conn, bytes).catch(() => {}); // it may have closed already
  try {
    const into = new Uint8Array(4096);
    while (await conn.read(into).catch(() => null));
    await writing;
    isLate = false;
  } finally {
    clearTimeout(timer);
  }
  if (isLate) throw new Error("the server kept a connection open");
}

async function writeAll(conn: Deno.Conn, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await conn.write(bytes.subarray(at));
  await conn.closeWrite();
}

/** PDUs of an association with C-ECHO and C-STORE. */
function conversation(): readonly Uint8Array[] {
  const request = associateRequest();
  const storage = { id: 3, abstractSyntax: MR, transferSyntaxes: [EXPLICIT] };
  const file = instanceFile({ PixelData: new Uint8Array(3000) });
  const dataSet = file.subarray(readFileMeta(file).dataSetOffset);
  const store = encodeCommand({
    affectedSopClassUid: MR,
    affectedSopInstanceUid: "1.1.1.1",
    commandField: CommandField.cStoreRequest,
    messageId: 2,
    commandDataSetType: HAS_DATA_SET,
  });
  const ask = encodeCommand({
    commandField: CommandField.cEchoRequest,
    messageId: 1,
    commandDataSetType: NO_DATA_SET,
  });
  const data = (contextId: number, control: number, fragment: Uint8Array) =>
    encodePdu({ kind: "data", values: [{ contextId, control, fragment }] });
  return [
    encodePdu({ ...request, contexts: [...request.contexts, storage] }),
    data(1, 0b11, ask),
    data(3, 0b11, store),
    data(3, 0b00, dataSet.subarray(0, 1000)),
    data(3, 0b10, dataSet.subarray(1000)),
    encodePdu({ kind: "releaseRequest" }),
  ];
}

type Random = (below: number) => number;

/** Damage that is done to the PDUs, or to the bytes of one of them. */
const DAMAGES: readonly ((pdus: Uint8Array[], random: Random) => void)[] = [
  (pdus, random) => void pdus.splice(random(pdus.length), 1),
  (pdus, random) => void pdus.splice(random(pdus.length), 0, pdus[random(pdus.length)]!),
  (pdus, random) => pdus.splice(random(pdus.length)),
  (pdus, random) => change(pdus, random, (pdu) => pdu.subarray(0, random(pdu.length))),
  (pdus, random) => change(pdus, random, (pdu) => Buffer.concat([pdu, noise(random)])),
  (pdus, random) => void pdus.splice(random(pdus.length), 0, noise(random)),
  (pdus, random) =>
    change(pdus, random, (pdu) => {
      for (let left = 1 + random(8); left > 0; left--) pdu[random(pdu.length)] = random(256);
      return pdu;
    }),
  (pdus, random) =>
    change(pdus, random, (pdu) => {
      const at = random(Math.max(1, pdu.length - 4)); // a length, maybe
      pdu.set(
        [random(2) * 255, random(256), random(256), random(256)].slice(0, pdu.length - at),
        at,
      );
      return pdu;
    }),
];

function damaged(talk: readonly Uint8Array[], random: Random): Uint8Array {
  const pdus = talk.map((pdu) => pdu.slice());
  for (let left = 1 + random(3); left > 0 && pdus.length > 0; left--) {
    DAMAGES[random(DAMAGES.length)]!(pdus, random);
  }
  return Buffer.concat(pdus);
}

function change(pdus: Uint8Array[], random: Random, edit: (pdu: Uint8Array) => Uint8Array): void {
  const at = random(pdus.length);
  if (pdus[at] && pdus[at].length > 0) pdus[at] = edit(pdus[at]);
}

function noise(random: Random): Uint8Array {
  return Uint8Array.from({ length: 1 + random(40) }, () => random(256));
}

/** Numbers by chance, the same for the same seed (mulberry32). */
function randomNumbers(seed: number): Random {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}
