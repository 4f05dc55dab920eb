import { DicomError } from "../errors.ts";
import type { Log } from "../ports.ts";
import { socketOf } from "./conn_socket.ts";
import type { Acceptor, Socket } from "./socket.ts";

/** What is listened on, and who gets the sockets. */
export interface AcceptOptions {
  readonly hostname: string;
  /** 0 for any free one. */
  readonly port: number;
  readonly onSocket: (socket: Socket) => void;
  readonly log: Log;
}

/** Who the server is, to clients that speak TLS. */
export interface Certificate {
  readonly certificatePem: string;
  readonly keyPem: string;
  readonly purpose: TlsPurpose;
}

/** What TLS is for. */
export interface TlsPurpose {
  readonly name: string;
  /** The options that ask more of clients than `Deno.listenTls` can. */
  readonly verifyOption: string;
  readonly versionOption: string;
  readonly alpnProtocols: readonly string[];
}

/** How long to wait after a failure to accept, such as too many open files. */
const PAUSE_MS = 100;

/**
 * Listens for TCP.
 * @throws DicomError `configuration` if the address cannot be had
 */
export function acceptTcp(options: AcceptOptions): Acceptor {
  const { hostname, port } = options;
  return accept(options, () => Deno.listen({ hostname, port }));
}

/**
 * Listens for TLS 1.2 and newer.
 * @throws DicomError `configuration` if the address cannot be had or the certificate is unusable
 */
export function acceptTls(options: AcceptOptions & Certificate): Acceptor {
  const { hostname, port, certificatePem: cert, keyPem: key, purpose } = options;
  const alpnProtocols = [...purpose.alpnProtocols];
  return accept(options, () => Deno.listenTls({ hostname, port, cert, key, alpnProtocols }));
}

/** Failure to listen on `hostname` and `port`. */
export function cannotListen(hostname: string, port: number, cause: unknown): DicomError {
  const fact = cause instanceof Error ? cause.message : String(cause);
  return new DicomError("configuration", `Cannot listen on ${hostname} port ${port}: ${fact}`, {
    cause,
  });
}

function accept(options: AcceptOptions, listen: () => Deno.Listener<Deno.Conn>): Acceptor {
  const listener = open(options, listen);
  const loop = acceptAll(listener, options);
  const { port } = listener.addr as Deno.NetAddr; // both kinds are of TCP
  return {
    hostname: options.hostname,
    port,
    async close() {
      listener.close();
      await loop;
    },
  };
}

function open({ hostname, port }: AcceptOptions, listen: () => Deno.Listener<Deno.Conn>) {
  try {
    return listen();
  } catch (error) {
    throw cannotListen(hostname, port, error);
  }
}

async function acceptAll(listener: Deno.Listener<Deno.Conn>, { onSocket, log }: AcceptOptions) {
  for (;;) {
    try {
      onSocket(socketOf(await listener.accept()));
    } catch (error) {
      if (error instanceof Deno.errors.BadResource || error instanceof Deno.errors.Interrupted) {
        return;
      }
      log("error", "Cannot accept a connection", { error: String(error) });
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }
}
