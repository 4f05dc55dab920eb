import { type AcceptOptions, acceptTcp, acceptTls } from "./acceptors.ts";
import type { Acceptor } from "./socket.ts";
import { acceptVerifiedTls, type ClientChecks, proveVerifiedTls } from "./verified_tls.ts";

/** Where to listen, and with what TLS if with any. */
export interface OpenOptions extends Omit<AcceptOptions, "hostname"> {
  readonly hostnames: readonly string[];
  readonly tls?: ClientChecks;
}

/**
 * Listens on each of the addresses, in the way that does all that `tls` asks.
 *
 * @throws DicomError `configuration` if an address cannot be had, a certificate is unusable, or this runtime cannot do
 * what `tls` asks; what was opened before is closed
 */
export async function openAcceptors(options: OpenOptions): Promise<readonly Acceptor[]> {
  const { hostnames, port, onSocket, log, tls } = options;
  const needsProof = tls && (tls.verifyPeers !== undefined || tls.minimumVersion !== "TLSv1.2");
  if (needsProof) await proveVerifiedTls(tls);
  const acceptors: Acceptor[] = [];
  try {
    for (const hostname of hostnames) {
      const where = { hostname, port, onSocket, log };
      if (needsProof) acceptors.push(await acceptVerifiedTls({ ...where, ...tls }));
      else if (tls) acceptors.push(acceptTls({ ...where, ...tls }));
      else acceptors.push(acceptTcp(where));
    }
    return acceptors;
  } catch (error) {
    await Promise.all(acceptors.map((acceptor) => acceptor.close()));
    throw error;
  }
}
