import type { App } from "../core/app.ts";
import { DicomError } from "../core/errors.ts";
import { openAcceptors } from "../core/net/open_acceptors.ts";
import type { Socket } from "../core/net/socket.ts";
import { listenerTls } from "./scp/tls.ts";
import { policyOf } from "./scp/admission.ts";
import { Connection, type ConnectionOptions } from "./scp/connection.ts";

/** A DICOM listener that runs; disposal closes it at once. */
export interface DicomListener extends AsyncDisposable {
  readonly port: number;
  /** Accepts no more, lets commands in hand take at most `graceMs`, then ends what is left. */
  close(graceMs: number): Promise<void>;
}

const MS_PER_SECOND = 1000;
/** PS3.8 leaves ARTIM to the implementation. */
const ARTIM_MS = 10_000;
/** Associations at a time, of all callers and of one. */
const MOST_ASSOCIATIONS = 500;
const MOST_PER_CALLER = 200;
/** Connections beyond these are not even told why. */
const MOST_CONNECTIONS = 2 * MOST_ASSOCIATIONS;
/** How long the end of connections that were cut is waited for. */
const GONE_MS = 1000;

/**
 * Serves DICOM over TCP (PS3.8 Section 9) or TLS (PS3.15 Annex B), on all addresses of the machine.
 *
 * @throws DicomError `configuration` if the port cannot be had, or TLS is not possible as configured
 */
export async function listenDicom(app: App): Promise<DicomListener> {
  const connections = new Map<Connection, { readonly ip: string; readonly ended: Promise<void> }>();
  const log = app.logs.of("dicom");
  const options: Omit<ConnectionOptions, "isFull"> = {
    app,
    policy: policyOf(app),
    artimMs: ARTIM_MS,
    idleMs: app.config.dicomScpTimeout * MS_PER_SECOND,
  };

  function admit(socket: Socket): void {
    const ip = socket.remoteAddress;
    if (connections.size >= MOST_CONNECTIONS) {
      log("warning", "Cannot admit a caller: too many are connected", { ip });
      return socket.close();
    }
    const isFull = () => limitReached([...connections.values()].map((other) => other.ip), ip);
    const connection = new Connection(socket, { ...options, isFull });
    const ended = connection.run().finally(() => connections.delete(connection));
    connections.set(connection, { ip, ended });
  }

  const tls = listenerTls(app.config);
  const { dicomPort: port } = app.config;
  const where = { hostnames: ["0.0.0.0"], port, onSocket: admit, log };
  const [acceptor] = await openAcceptors({ ...where, ...(tls && { tls }) });
  if (!acceptor) throw new DicomError("internal", "Cannot serve DICOM: there is no address");
  log("info", "Listening for DICOM", { port: acceptor.port, tls: tls !== undefined });
  const close = async (graceMs: number) => {
    const closed = acceptor.close();
    for (const connection of connections.keys()) connection.drain();
    await emptied(connections, graceMs);
    for (const connection of connections.keys()) connection.cut();
    await emptied(connections, GONE_MS);
    await closed;
  };
  let closing: Promise<void> | undefined;
  return {
    port: acceptor.port,
    close: (graceMs) => closing ??= close(graceMs),
    [Symbol.asyncDispose]: () => closing ??= close(0),
  };
}

/** Why no more is admitted from `ip`, where these are connected; undefined if it is. */
function limitReached(connected: readonly string[], ip: string): string | undefined {
  if (connected.length > MOST_ASSOCIATIONS) return `there are ${MOST_ASSOCIATIONS} associations`;
  const count = connected.filter((other) => other === ip).length;
  return count > MOST_PER_CALLER ? `${ip} has ${MOST_PER_CALLER} associations` : undefined;
}

async function emptied(
  connections: ReadonlyMap<unknown, { readonly ended: Promise<void> }>,
  ms: number,
): Promise<void> {
  const { promise: late, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  const all = [...connections.values()].map(({ ended }) => ended);
  await Promise.race([late, Promise.all(all)]);
  clearTimeout(timer);
}
