import { createPrivateKey } from "node:crypto";
import { Agent as HttpAgent, request as requestHttp } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import { isIP, type Socket } from "node:net";
import { connect as connectTls, type ConnectionOptions } from "node:tls";
import { DicomError } from "../../errors.ts";
import type { HttpServer } from "../../ports/http_client.ts";

/** How connections are made. */
export interface ConnectionSettings {
  /** PEM of the authorities to trust in place of those of the system; undefined for these. */
  readonly authoritiesPem: string | undefined;
  /** Whether to check certificates of servers. */
  readonly verify: boolean;
  readonly proxy: Proxy | undefined;
}

/** A proxy for all requests. */
export interface Proxy {
  readonly host: string;
  readonly port: number;
  /** Value of Proxy-Authorization, if any. */
  readonly authorization: string | undefined;
}

/** Idle connections that are kept to one server. */
const MOST_IDLE = 8;

/**
 * Reads a proxy as it is configured, `user:password@host:port`, user and password as they would be in a URL.
 *
 * @throws DicomError `configuration`
 */
export function parseProxy(written: string): Proxy | undefined {
  if (written === "") return undefined;
  const url = URL.parse(/^[a-z][a-z0-9+.-]*:\/\//i.test(written) ? written : `http://${written}`);
  if (url?.protocol !== "http:" || url.pathname !== "/") {
    const fact = "expected [user:password@]host:port of an HTTP proxy";
    throw new DicomError("configuration", `Cannot use HttpProxy: ${fact}`);
  }
  const user = decodeURIComponent(url.username);
  return {
    host: url.hostname.replace(/^\[(.*)\]$/, "$1"),
    port: Number(url.port || DEFAULT_PROXY_PORT),
    authorization: user === ""
      ? undefined
      : basicAuthorization(user, decodeURIComponent(url.password)),
  };
}

/** As libcurl, which Orthanc uses. */
const DEFAULT_PROXY_PORT = 1080;

/** Value of Authorization (RFC 7617). */
export function basicAuthorization(user: string, password: string): string {
  const bytes = new TextEncoder().encode(`${user}:${password}`);
  return `Basic ${bytes.toBase64()}`;
}

/** Keeps connections, apart for each certificate of ours. */
export function createConnections(settings: ConnectionSettings) {
  const plain = new HttpAgent({ keepAlive: true, maxFreeSockets: MOST_IDLE });
  const secure = new Map<string, Promise<HttpsAgent>>();
  const connections = {
    /** @throws DicomError `configuration` for a certificate or key that cannot be used */
    async agentOf(server: HttpServer): Promise<HttpAgent> {
      if (!server.url.startsWith("https:")) return plain;
      const { certificateFile, certificateKeyFile, certificateKeyPassword } = server;
      const key = JSON.stringify([certificateFile, certificateKeyFile, certificateKeyPassword]);
      const known = secure.get(key);
      if (known) return await known;
      const agent = secureAgent(server, settings);
      secure.set(key, agent);
      agent.catch(() => secure.delete(key)); // the files may come
      return await agent;
    },
    close(): void {
      plain.destroy();
      for (const agent of secure.values()) agent.then((agent) => agent.destroy(), () => {});
    },
  };
  return connections;
}

async function secureAgent(
  server: HttpServer,
  { authoritiesPem, verify, proxy }: ConnectionSettings,
): Promise<HttpsAgent> {
  const tls = {
    rejectUnauthorized: verify,
    ...(authoritiesPem !== undefined && { ca: authoritiesPem }),
    ...await certificateOf(server),
  };
  const agent = new HttpsAgent({ ...tls, keepAlive: true, maxFreeSockets: MOST_IDLE });
  if (proxy) tunnelThrough(proxy, agent, tls);
  return agent;
}

async function certificateOf({
  certificateFile,
  certificateKeyFile,
  certificateKeyPassword: passphrase,
}: HttpServer) {
  if (certificateFile === "") return {};
  const cert = await readPem(certificateFile);
  const keyPem = certificateKeyFile === "" ? cert : await readPem(certificateKeyFile);
  try {
    const key = createPrivateKey({ key: keyPem, ...(passphrase !== "" && { passphrase }) });
    return { cert, key: key.export({ type: "pkcs8", format: "pem" }) };
  } catch (cause) {
    const fact = "the key is damaged, or its password is another";
    throw new DicomError("configuration", `Cannot use client certificate: ${fact}`, { cause });
  }
}

/** @throws DicomError `configuration` */
export async function readPem(path: string): Promise<string> {
  try {
    return await Deno.readTextFile(path);
  } catch (cause) {
    throw new DicomError("configuration", `Cannot read certificate file ${path}`, { cause });
  }
}

/** Has an agent make its connections by CONNECT (RFC 9110 Section 9.3.6). */
function tunnelThrough(proxy: Proxy, agent: HttpsAgent, tls: ConnectionOptions): void {
  const make = (
    { host, port }: { readonly host: string; readonly port: number | string },
    done: (error: Error | null, socket?: Socket) => void,
  ) => {
    const target = `${host.includes(":") ? `[${host}]` : host}:${port}`;
    const request = requestHttp({
      host: proxy.host,
      port: proxy.port,
      method: "CONNECT",
      path: target,
      headers: { Host: target, ...authorizationOf(proxy) },
      agent: false,
    });
    request.on("connect", (response, socket) => {
      if (response.statusCode === 200) {
        const name = isIP(host) === 0 ? { servername: host } : { host };
        const secured: Socket = connectTls(
          { ...tls, ...name, socket },
          () => done(null, secured),
        );
        secured.once("error", (error) => done(error));
      } else {
        socket.destroy();
        done(new Error(`the proxy answers ${response.statusCode}`));
      }
    });
    request.on("error", (error) => done(error));
    request.end();
  };
  Object.assign(agent, { createConnection: make }); // Node's way to make connections otherwise
}

/** The header field that a proxy asks for. */
export function authorizationOf({ authorization }: Proxy): Readonly<Record<string, string>> {
  return authorization === undefined ? {} : { "Proxy-Authorization": authorization };
}
