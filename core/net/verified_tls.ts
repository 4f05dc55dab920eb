import { X509Certificate } from "node:crypto";
import { connect, createServer, type Server, type TLSSocket } from "node:tls";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { DicomError } from "../errors.ts";
import { type AcceptOptions, cannotListen, type Certificate } from "./acceptors.ts";
import type { Acceptor, Socket } from "./socket.ts";

/** What `Deno.listenTls` cannot ask of clients. */
export interface ClientChecks extends Certificate {
  readonly minimumVersion: "TLSv1.2" | "TLSv1.3";
  /** Only clients with a certificate of one of these authorities are admitted. */
  readonly verifyPeers?: { readonly caPem: string };
}

const HANDSHAKE_MS = 10_000;
const PROOF_MS = 5_000;
/** A write this large tells soon enough whether the client takes it. */
const WRITE_BYTES = 64 * 1024;
/** Bytes of a connection that wait to be read, before its sender has to wait. */
const MOST_HELD = 4 * 1024 * 1024;

/**
 * Listens for TLS and checks clients; asks `proveVerifiedTls()` before.
 * @throws DicomError `configuration` if the address cannot be had or a certificate is unusable
 */
export async function acceptVerifiedTls(
  options: AcceptOptions & ClientChecks & { readonly onRefused?: () => void },
): Promise<Acceptor> {
  const { hostname, port } = options;
  try {
    const server = createCheckingServer(options);
    server.listen(port, hostname);
    await once(server, "listening");
    return {
      hostname,
      port: (server.address() as AddressInfo).port, // it listens on TCP
      close() {
        server.close(); // its promise would wait for all sockets
        return Promise.resolve();
      },
    };
  } catch (error) {
    throw cannotListen(hostname, port, error);
  }
}

/**
 * Tries whether this runtime turns away a client without certificate, and one of an older TLS version: some accept the
 * options of `node:tls` and ignore them.
 * @throws DicomError `configuration` if it does not, or if a certificate is unusable
 */
export async function proveVerifiedTls(checks: ClientChecks): Promise<void> {
  checkCertificates(checks); // with unusable ones everybody would be turned away
  if (checks.verifyPeers && !await isRefused(checks, {})) {
    throw unable(`check the certificates of clients (${checks.purpose.verifyOption})`);
  }
  if (checks.minimumVersion === "TLSv1.3" && !await isRefused(checks, { maxVersion: "TLSv1.2" })) {
    throw unable(`refuse TLS 1.2 (${checks.purpose.versionOption})`);
  }
}

function checkCertificates(checks: ClientChecks): void {
  const { certificatePem: cert, keyPem: key, verifyPeers, purpose } = checks;
  try {
    Deno.listenTls({ hostname: "127.0.0.1", port: 0, cert, key }).close();
    if (verifyPeers) new X509Certificate(verifyPeers.caPem);
  } catch (cause) {
    const fact = "a certificate or the key is unusable";
    throw new DicomError("configuration", `Cannot serve ${purpose.name}: ${fact}`, { cause });
  }
}

function createCheckingServer(
  options: AcceptOptions & ClientChecks & { readonly onRefused?: () => void },
): Server {
  const { verifyPeers, onSocket, onRefused, log } = options;
  const server = createServer({
    cert: options.certificatePem,
    key: options.keyPem,
    minVersion: options.minimumVersion,
    handshakeTimeout: HANDSHAKE_MS,
    ALPNProtocols: [...options.purpose.alpnProtocols],
    ...(verifyPeers && { ca: verifyPeers.caPem, requestCert: true, rejectUnauthorized: true }),
  }, (socket) => {
    socket.on("error", () => {}); // reading and writing tell of it
    if (verifyPeers && !socket.authorized) return socket.destroy();
    onSocket(socketOf(socket));
  });
  server.on("tlsClientError", (error, socket) => {
    log("info", "Cannot admit a client: no TLS with it", { error: error.message });
    socket.destroy();
    onRefused?.();
  });
  return server;
}

/** Whether a client that should be turned away is. */
async function isRefused(
  checks: ClientChecks,
  client: { readonly maxVersion?: "TLSv1.2" },
): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const onSocket = (socket: Socket) => {
    socket.close();
    resolve(false);
  };
  const options = { ...checks, hostname: "127.0.0.1", port: 0, log: () => {}, onSocket };
  const server = await acceptVerifiedTls({ ...options, onRefused: () => resolve(true) })
    .catch((cause: unknown) => {
      throw unable(`check the clients of ${checks.purpose.name}`, cause);
    });
  const to = { host: "127.0.0.1", port: server.port, rejectUnauthorized: false };
  const probe = connect({ ...to, ...client }).on("error", () => {}).on("secureConnect", () => {});
  const timer = setTimeout(() => resolve(false), PROOF_MS);
  const isTurnedAway = await promise;
  clearTimeout(timer);
  probe.destroy();
  await server.close();
  return isTurnedAway;
}

function unable(what: string, cause?: unknown): DicomError {
  const fact = `Deno ${Deno.version.deno} does not do it`;
  return new DicomError("configuration", `Cannot ${what}: ${fact}`, { cause });
}

/** The socket as the connections want it. */
function socketOf(socket: TLSSocket): Socket {
  const next = chunksOf(socket);
  let rest = new Uint8Array() as Uint8Array;
  return {
    remoteAddress: socket.remoteAddress ?? "",
    secure: true,
    async read(into) {
      if (rest.length === 0) {
        const chunk = await next();
        if (!chunk) return null;
        rest = chunk;
      }
      const count = Math.min(rest.length, into.length);
      into.set(rest.subarray(0, count));
      rest = rest.subarray(count);
      return count;
    },
    write: (bytes) =>
      new Promise((resolve, reject) => {
        const part = bytes.subarray(0, WRITE_BYTES);
        socket.write(part, (error) => error ? reject(error) : resolve(part.length));
      }),
    closeWrite: () => new Promise((resolve) => socket.end(() => resolve())),
    close: () => void socket.destroy(),
  };
}

/**
 * What arrives, chunk by chunk; undefined at the end. Much is taken before it is asked for: Deno's `node:tls` never
 * tells the end of a connection that comes while reading is paused.
 */
function chunksOf(socket: TLSSocket): () => Promise<Uint8Array | undefined> {
  const chunks: Uint8Array[] = [];
  let held = 0;
  let isOver = false;
  let wake = () => {};
  const over = () => {
    isOver = true;
    wake();
  };
  socket.on("end", over).on("error", over).on("close", over).on("data", (chunk: Uint8Array) => {
    chunks.push(chunk);
    held += chunk.length;
    if (held > MOST_HELD) socket.pause();
    wake();
  });
  return async () => {
    if (chunks.length === 0 && !isOver) {
      const { promise, resolve } = Promise.withResolvers<void>();
      wake = resolve;
      await promise;
    }
    const chunk = chunks.shift();
    held -= chunk?.length ?? 0;
    if (held <= MOST_HELD) socket.resume();
    return chunk;
  };
}
