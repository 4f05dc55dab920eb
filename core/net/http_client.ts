import { type ClientRequest, type IncomingMessage, request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import { DicomError } from "../errors.ts";
import type { Clock } from "../ports.ts";
import type {
  HttpAnswer,
  HttpBody,
  HttpClient,
  HttpRequest,
  HttpServer,
} from "../ports/http_client.ts";
import {
  authorizationOf,
  basicAuthorization,
  type ConnectionSettings,
  createConnections,
  parseProxy,
  readPem,
} from "./http_client/connections.ts";
import { createWatch, type Watch } from "./http_client/watch.ts";

/** Options of the client, as they are configured. */
export interface HttpClientOptions {
  readonly clock: Clock;
  /** Option `HttpProxy`. */
  readonly proxy: string;
  /** Option `HttpsVerifyPeers`. */
  readonly verify: boolean;
  /** Path of option `HttpsCACertificates`; empty for the authorities of the system. */
  readonly authoritiesFile: string;
}

/**
 * Makes an HTTP client.
 *
 * @throws DicomError `configuration` for a proxy or a file of authorities that cannot be used
 */
export async function createHttpClient(options: HttpClientOptions): Promise<HttpClient> {
  const { clock, authoritiesFile, verify } = options;
  const settings: ConnectionSettings = {
    verify,
    proxy: parseProxy(options.proxy),
    authoritiesPem: authoritiesFile === "" ? undefined : await readPem(authoritiesFile),
  };
  const connections = createConnections(settings);
  return {
    async send(server, request, signal) {
      const agent = await connections.agentOf(server);
      const setup = { agent, proxy: settings.proxy, clock, signal };
      const first = new Exchange(server, request, setup);
      try {
        return await first.answer();
      } catch (error) {
        if (!first.wasStale) throw error;
        return await new Exchange(server, request, setup).answer();
      }
    },
    [Symbol.asyncDispose]() {
      connections.close();
      return Promise.resolve();
    },
  };
}

interface Setup {
  readonly agent: Awaited<ReturnType<ReturnType<typeof createConnections>["agentOf"]>>;
  readonly proxy: ConnectionSettings["proxy"];
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** One request and its answer. */
class Exchange {
  readonly #host: string;
  readonly #signal: AbortSignal;
  readonly #outgoing: ClientRequest;
  readonly #watch: Watch;
  readonly #response = Promise.withResolvers<IncomingMessage>();
  readonly #abort: () => void;
  /** Why it was ended from here. */
  #reason: unknown;
  #isAnswered = false;
  #isSent = false;

  constructor(server: HttpServer, { method, path, headers, body }: HttpRequest, setup: Setup) {
    const url = new URL(path, server.url);
    const { clock, signal } = setup;
    this.#host = url.host;
    this.#signal = signal;
    this.#outgoing = start(url, {
      method,
      headers: {
        ...server.username !== "" &&
          { authorization: basicAuthorization(server.username, server.password) },
        ...lowerCased(server.headers),
        ...lowerCased(headers ?? {}),
        ...body?.length !== undefined && { "content-length": String(body.length) },
      },
    }, setup);
    const { timeoutMs } = server;
    this.#watch = createWatch(clock, timeoutMs, () => {
      const fact = `no progress in ${timeoutMs / MS_PER_SECOND} s`;
      this.#end(new DicomError("timeout", `Cannot reach ${this.#host}: ${fact}`));
    });
    this.#abort = () => this.#end(signal.reason);
    this.#listen();
    this.#write(body).catch((error) => this.#end(error));
  }

  /** Whether the server had closed a kept connection just when it was to serve again. */
  get wasStale(): boolean {
    return this.#outgoing.reusedSocket === true && !this.#isAnswered && this.#reason === undefined;
  }

  async answer(): Promise<HttpAnswer> {
    try {
      const response = await this.#response.promise;
      this.#watch.progress();
      return {
        status: response.statusCode!, // there is one in each answer
        headers: new Map(fieldsOf(response)),
        body: this.#read(response),
        [Symbol.asyncDispose]: () => Promise.resolve(this.#close(response)),
      };
    } catch (error) {
      this.#release();
      throw this.#failure(error);
    }
  }

  #listen(): void {
    if (this.#signal.aborted) this.#abort();
    else this.#signal.addEventListener("abort", this.#abort, { once: true });
    this.#outgoing.on("socket", (socket) => socket.setNoDelay(true));
    this.#outgoing.on("error", (error) => this.#response.reject(error));
    this.#outgoing.on("close", () => this.#response.reject(new Error("the connection ended")));
    this.#outgoing.on("response", (response) => {
      this.#isAnswered = true;
      response.on("error", () => {}); // reading tells of it
      this.#response.resolve(response);
    });
  }

  async #write(body: HttpBody | undefined): Promise<void> {
    for await (const piece of body?.read() ?? []) {
      if (this.#isAnswered || this.#outgoing.destroyed) return;
      if (!this.#outgoing.write(piece)) await this.#drained();
      this.#watch.passed(piece.length);
    }
    if (this.#isAnswered || this.#outgoing.destroyed) return;
    this.#isSent = true;
    this.#outgoing.end();
  }

  /** When more may be written, or nothing needs to be. */
  #drained(): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        for (const event of ENDS_OF_WAIT) this.#outgoing.off(event, done);
        resolve();
      };
      for (const event of ENDS_OF_WAIT) this.#outgoing.on(event, done);
    });
  }

  async *#read(response: IncomingMessage): AsyncGenerator<Uint8Array> {
    try {
      for await (const piece of response as AsyncIterable<Uint8Array>) { // no encoding is set
        this.#watch.passed(piece.length);
        yield piece;
      }
      if (!response.complete) throw new Error("the answer is cut short");
    } catch (error) {
      throw this.#failure(error);
    }
  }

  /** Ends it from here. */
  #end(reason: unknown): void {
    this.#reason ??= reason;
    this.#response.reject(reason);
    this.#outgoing.destroy();
  }

  #close(response: IncomingMessage): void {
    this.#release();
    if (!response.complete || !this.#isSent) this.#outgoing.destroy();
  }

  #release(): void {
    this.#watch[Symbol.dispose]();
    this.#signal.removeEventListener("abort", this.#abort);
  }

  #failure(error: unknown): unknown {
    if (this.#reason !== undefined) return this.#reason;
    if (error instanceof DicomError) return error;
    const fact = error instanceof Error ? error.message : String(error);
    return new DicomError("network", `Cannot reach ${this.#host}: ${fact}`, { cause: error });
  }
}

const MS_PER_SECOND = 1000;
const ENDS_OF_WAIT = ["drain", "response", "close", "error"] as const;

/** Through a proxy, `http:` goes with the whole URL (RFC 9112 Section 3.2.2), `https:` through a tunnel. */
function start(
  url: URL,
  { method, headers }: {
    readonly method: string;
    readonly headers: Readonly<Record<string, string>>;
  },
  { agent, proxy }: Setup,
): ClientRequest {
  if (url.protocol === "https:") return requestHttps(url, { method, headers, agent });
  if (!proxy) return requestHttp(url, { method, headers, agent });
  const { host, port } = proxy;
  const fields = { ...headers, host: url.host, ...authorizationOf(proxy) };
  return requestHttp({ host, port, path: url.href, method, headers: fields, agent });
}

function lowerCased(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]),
  );
}

function fieldsOf({ headers }: IncomingMessage): [string, string][] {
  return Object.entries(headers).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, Array.isArray(value) ? value.join(", ") : value]]
  );
}
