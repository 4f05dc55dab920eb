import { DicomError } from "../../core/errors.ts";
import type { RemoteAe } from "../../core/ports/dicom_client.ts";
import type { Clock } from "../../core/ports.ts";
import { socketOf } from "../../core/net/conn_socket.ts";
import type { Socket } from "../../core/net/socket.ts";

/** How this side speaks TLS when it calls (PS3.15 Annex B). */
export interface ClientTls {
  /** Own certificate, for remotes that ask for one. */
  readonly certificate?: { readonly certificatePem: string; readonly keyPem: string };
  /** Authorities to trust beside those of the system. */
  readonly trustedPem?: string;
}

/** What a connection needs beside the remote. */
export interface ConnectOptions {
  readonly clock: Clock;
  readonly tls?: ClientTls;
  readonly signal: AbortSignal;
}

/**
 * Connects to a remote, with TLS where it is to be. The name of the host must then be in the certificate.
 *
 * @throws DicomError `network`, or `timeout` after the time of the remote; or the reason of `signal`
 */
export async function connect(remote: RemoteAe, options: ConnectOptions): Promise<Socket> {
  const { timeoutMs, calledAet } = remote;
  const { clock, signal } = options;
  const late = new AbortController();
  using _timer = timeoutMs > 0
    ? clock.schedule(clock.now() + timeoutMs, () => late.abort())
    : undefined;
  try {
    signal.throwIfAborted();
    return socketOf(
      await open(remote, { ...options, signal: AbortSignal.any([signal, late.signal]) }),
    );
  } catch (cause) {
    signal.throwIfAborted();
    const code = late.signal.aborted ? "timeout" : "network";
    throw new DicomError(code, connectionMessage(calledAet, connectFact(cause, code)), { cause });
  }
}

/** What is said of a remote that cannot be reached, in the words of Orthanc. */
export function connectionMessage(aet: string, fact: string): string {
  return `DicomAssociation - connecting to AET "${aet}": ${fact}`;
}

function open(
  { host, port, tls }: RemoteAe,
  { signal, tls: own }: ConnectOptions,
): Promise<Deno.TcpConn | Deno.TlsConn> {
  if (!tls) return Deno.connect({ hostname: host, port, signal });
  const connecting = Deno.connectTls({
    hostname: host,
    port,
    ...(own?.trustedPem !== undefined && { caCerts: [own.trustedPem] }),
    ...(own?.certificate && { cert: own.certificate.certificatePem, key: own.certificate.keyPem }),
  });
  return unlessAborted(connecting.then(shaken), signal);
}

/** Fails here, where it is known why, and not at the first write. */
async function shaken(conn: Deno.TlsConn): Promise<Deno.TlsConn> {
  try {
    await conn.handshake();
    return conn;
  } catch (error) {
    conn.close();
    throw error;
  }
}

/** `connecting` before `signal` aborts; a connection that comes later is closed. */
function unlessAborted<T extends Deno.Conn>(
  connecting: Promise<T>,
  signal: AbortSignal,
): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  const abort = () => reject(signal.reason);
  signal.addEventListener("abort", abort, { once: true });
  connecting.then((conn) => {
    if (signal.aborted) conn.close();
    else resolve(conn);
  }, reject).finally(() => signal.removeEventListener("abort", abort));
  return promise;
}

function connectFact(cause: unknown, code: "timeout" | "network"): string {
  if (code === "timeout") return "TCP Initialization Error: Timeout";
  if (cause instanceof Deno.errors.ConnectionRefused) {
    return "TCP Initialization Error: Connection refused";
  }
  return `TCP Initialization Error: ${cause instanceof Error ? cause.message : String(cause)}`;
}
