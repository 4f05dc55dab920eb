import { systemClock } from "../../core/clock.ts";
import { socketOf } from "../../core/net/conn_socket.ts";
import { requestAssociation } from "../../dimse/association.ts";
import { CommandField } from "../../dimse/command.ts";
import { associateRequest } from "./association.ts";
import { damaged } from "./dimse_fuzz/damage.ts";
import { pick, randomNumbers } from "./dimse_fuzz/random.ts";
import { talks } from "./dimse_fuzz/talks.ts";

const HOSTNAME = "127.0.0.1";
/** A server that does not close a connection in this time has lost it. */
const ANSWER_MS = 120_000;

/** Opens a connection to the server. */
export type Dial = () => Promise<Deno.TcpConn | Deno.TlsConn>;

/** How to fuzz. */
export interface FuzzOptions {
  readonly dial: Dial;
  /** Where chance starts. */
  readonly seed: number;
  /** Connections at a time. */
  readonly concurrency: number;
  /** Whether to go on, asked before each connection. */
  readonly goOn: (done: number) => boolean;
}

/** Plain TCP to a port of this machine. */
export function dialTcp(port: number): Dial {
  return () => Deno.connect({ hostname: HOSTNAME, port });
}

/** TLS to a port of this machine, with a certificate of its own. */
export function dialTls(port: number, pem: TlsPem): Dial {
  const { authority, certificate, key } = pem;
  const options = { hostname: HOSTNAME, port, caCerts: [authority], cert: certificate, key };
  return () => Deno.connectTls(options);
}

/** What a client shows and trusts. */
export interface TlsPem {
  readonly authority: string;
  readonly certificate: string;
  readonly key: string;
}

/**
 * Sends damaged conversations to a DICOM server, each on a connection of its own, which the server must close.
 *
 * @returns how many; rejects if the server does not close one
 */
export async function fuzzDicom(options: FuzzOptions): Promise<number> {
  const { dial, seed, concurrency, goOn } = options;
  const random = randomNumbers(seed);
  const all = talks();
  let done = 0;
  await Promise.all(Array.from({ length: concurrency }, async () => {
    while (goOn(done)) {
      done++;
      await exchange(dial, damaged(pick(all, random), random));
    }
  }));
  return done;
}

/** One C-ECHO, which must succeed. */
export async function echo(dial: Dial): Promise<void> {
  const association = await requestAssociation(associateRequest(), {
    socket: socketOf(await dial()),
    clock: systemClock,
    maximumLength: 16_384,
    artimMs: ANSWER_MS,
    idleMs: ANSWER_MS,
  });
  const command = { commandField: CommandField.cEchoRequest, messageId: 1 };
  await association.send({ contextId: 1, command });
  const response = await association.receive();
  await association.release();
  if (response?.command.status !== 0) throw new Error("C-ECHO was not answered");
}

async function exchange(dial: Dial, bytes: Uint8Array): Promise<void> {
  using conn = await dial();
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    conn.close();
  }, ANSWER_MS);
  const writing = writeAll(conn, bytes).catch(() => {}); // it may have closed already
  const into = new Uint8Array(4096);
  while (await conn.read(into).catch(() => null));
  clearTimeout(timer);
  if (isLate) throw new Error("the server kept a connection open");
  await writing;
}

async function writeAll(conn: Deno.Conn, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await conn.write(bytes.subarray(at));
  await conn.closeWrite();
}
