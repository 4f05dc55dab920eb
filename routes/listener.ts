import type { Log } from "../core/ports.ts";
import type { TlsPurpose } from "../core/net/acceptors.ts";
import { openAcceptors } from "../core/net/open_acceptors.ts";
import { Connection, type FetchHandler, type Limits } from "./listener/connection.ts";
import type { Socket } from "../core/net/socket.ts";

/** HTTPS instead of HTTP. */
export interface TlsOptions {
  readonly certificatePem: string;
  readonly keyPem: string;
  readonly minimumVersion: "TLSv1.2" | "TLSv1.3";
  /** Only clients with a certificate of one of these authorities are admitted. */
  readonly verifyPeers?: { readonly caPem: string };
}

/** Where and how to listen. */
export interface ListenOptions {
  /** Such as `app.fetch` of Hono. */
  readonly handler: FetchHandler;
  /** Addresses of this machine. */
  readonly hostnames: readonly string[];
  /** 0 for any free one, each address its own. */
  readonly port: number;
  readonly tls?: TlsOptions;
  readonly limits: Limits;
  readonly log: Log;
}

/** A listener that runs; disposal closes it at once. */
export interface HttpListener extends AsyncDisposable {
  readonly addresses: readonly { readonly hostname: string; readonly port: number }[];
  /** Accepts no more, lets answers in hand take at most `graceMs`, then ends what is left. */
  close(graceMs: number): Promise<void>;
}

const MAX_CHECK_MS = 500;
const MIN_CHECK_MS = 20;
/** How long the end of connections that were cut is waited for. */
const GONE_MS = 1000;

/**
 * Serves HTTP/1.1 (RFC 9112) over TCP or TLS.
 * @throws DicomError `configuration` if an address cannot be had, or if this runtime cannot do what `tls` asks
 */
export async function listen(options: ListenOptions): Promise<HttpListener> {
  const { limits, log } = options;
  const connections = new Set<Connection>();
  const onSocket = (socket: Socket) => admit(socket, connections, options);
  const { tls, ...where } = options;
  const checks = tls && { ...tls, purpose: PURPOSE };
  const acceptors = await openAcceptors({ ...where, onSocket, ...(checks && { tls: checks }) });
  const timer = setInterval(() => {
    const now = performance.now();
    for (const connection of connections) connection.checkDeadline(now);
  }, checkInterval(limits));

  const close = once(async (graceMs: number) => {
    const closed = Promise.all(acceptors.map((acceptor) => acceptor.close()));
    await drain(connections, graceMs);
    await closed;
    clearInterval(timer);
  });
  const addresses = acceptors.map(({ hostname, port }) => ({ hostname, port }));
  for (const { hostname, port } of addresses) log("info", "Listening for HTTP", { hostname, port });
  return { addresses, close, [Symbol.asyncDispose]: () => close(0) };
}

/** Of HTTPS. */
const PURPOSE: TlsPurpose = {
  name: "HTTPS",
  verifyOption: "SslVerifyPeers",
  versionOption: "SslMinimumProtocolVersion",
  alpnProtocols: ["http/1.1"],
};

function admit(socket: Socket, connections: Set<Connection>, options: ListenOptions): void {
  const { limits, log } = options;
  if (connections.size >= limits.maxConnections) {
    log("warning", "Cannot admit a client: too many are connected", {
      client: socket.remoteAddress,
      maxConnections: limits.maxConnections,
    });
    return socket.close();
  }
  const connection = new Connection(socket, options);
  connections.add(connection);
  connection.run().finally(() => connections.delete(connection));
}

/** Ends all connections, the last after `graceMs`; a handler that does not end is not waited for. */
async function drain(connections: ReadonlySet<Connection>, graceMs: number): Promise<void> {
  for (const connection of connections) connection.drain();
  await emptied(connections, graceMs);
  for (const connection of connections) connection.close();
  await emptied(connections, GONE_MS);
}

async function emptied(connections: ReadonlySet<Connection>, ms: number): Promise<void> {
  const { promise: late, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  await Promise.race([late, Promise.all([...connections].map(({ ended }) => ended))]);
  clearTimeout(timer);
}

/** How often deadlines are looked at. */
function checkInterval({ headersTimeoutMs, requestTimeoutMs, keepAliveMs }: Limits): number {
  const shortest = Math.min(headersTimeoutMs, requestTimeoutMs, keepAliveMs || Infinity);
  return Math.max(MIN_CHECK_MS, Math.min(MAX_CHECK_MS, shortest / 4));
}

function once<A, R>(work: (argument: A) => R): (argument: A) => R {
  let result: { readonly value: R } | undefined;
  return (argument) => (result ??= { value: work(argument) }).value;
}
