import type { Config } from "../core/config.ts";
import { DicomError } from "../core/errors.ts";
import type { ListenOptions } from "./listener.ts";

/** Size of request line and header fields, in bytes. */
const HEADER_BYTES = 32_768;
const HEADERS_TIMEOUT_MS = 10_000;
const MAXIMUM_CONNECTIONS = 1_000;
const MS_PER_SECOND = 1000;

/** Where and how to listen, by the configuration. @throws DicomError `configuration` for unusable files */
export async function listenOptions(
  config: Config,
): Promise<Omit<ListenOptions, "handler" | "log">> {
  return {
    hostnames: hostnamesOf(config),
    port: config.httpPort,
    ...(config.sslEnabled && { tls: await tlsOf(config) }),
    limits: {
      headerBytes: HEADER_BYTES,
      headersTimeoutMs: HEADERS_TIMEOUT_MS,
      requestTimeoutMs: config.httpRequestTimeout * MS_PER_SECOND,
      keepAliveMs: config.keepAlive ? config.keepAliveTimeout * MS_PER_SECOND : 0,
      maxConnections: MAXIMUM_CONNECTIONS,
    },
  };
}

/** This machine only, unless others may connect. */
function hostnamesOf({ httpBindAddresses, remoteAccessAllowed }: Config): readonly string[] {
  if (httpBindAddresses.length > 0) return httpBindAddresses;
  return [remoteAccessAllowed ? "0.0.0.0" : "127.0.0.1"];
}

async function tlsOf(config: Config) {
  const pem = await readPem("SslCertificate", config.sslCertificate);
  const key = /-----BEGIN [A-Z ]*PRIVATE KEY-----[^]+?-----END [A-Z ]*PRIVATE KEY-----/.exec(pem);
  const certificates = pem.match(/-----BEGIN CERTIFICATE-----[^]+?-----END CERTIFICATE-----/g);
  if (!key || !certificates) {
    throw unusable("SslCertificate", "it must hold the private key and the certificate");
  }
  const caPem = config.sslVerifyPeers
    ? await readPem("SslTrustedClientCertificates", config.sslTrustedClientCertificates)
    : undefined;
  return {
    keyPem: `${key[0]}\n`,
    certificatePem: `${certificates.join("\n")}\n`,
    minimumVersion: config.sslMinimumProtocolVersion >= 5 ? "TLSv1.3" as const : "TLSv1.2" as const,
    ...(caPem !== undefined && { verifyPeers: { caPem } }),
  };
}

async function readPem(option: string, path: string): Promise<string> {
  try {
    return await Deno.readTextFile(path);
  } catch {
    throw unusable(option, "it cannot be read");
  }
}

function unusable(option: string, fact: string): DicomError {
  return new DicomError("configuration", `Cannot use the file of ${option}: ${fact}`);
}
