/** Another HTTP server, and how this one talks with it. */
export interface HttpServer {
  /** Its root, `http://…/` or `https://…/`. */
  readonly url: string;
  /** For HTTP Basic; nobody when empty. */
  readonly username: string;
  readonly password: string;
  /** Sent with each request. */
  readonly headers: Readonly<Record<string, string>>;
  /** Paths of PEM files with our own certificate and its key; none when empty. */
  readonly certificateFile: string;
  readonly certificateKeyFile: string;
  /** Of the key; none when empty. */
  readonly certificateKeyPassword: string;
  /** Longest time without progress (see `HttpClient`), in milliseconds; 0 for no limit. */
  readonly timeoutMs: number;
}

/** What a request carries. */
export interface HttpBody {
  /** In bytes; undefined if it is known only when all is read. */
  readonly length: number | undefined;
  /** The bytes, from the start: it is called again where a kept connection turns out to be closed. */
  read(): AsyncIterable<Uint8Array>;
}

/** A request to a server. */
export interface HttpRequest {
  readonly method: "GET" | "HEAD" | "POST";
  /** Below the root of the server, without `/` at its start. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: HttpBody;
}

/** The answer of a server; disposal ends the exchange. */
export interface HttpAnswer extends AsyncDisposable {
  readonly status: number;
  /** By names in small letters. */
  readonly headers: ReadonlyMap<string, string>;
  /** To be read once. @throws DicomError as `HttpClient.send()` */
  readonly body: AsyncIterable<Uint8Array>;
}

/**
 * Talks HTTP with other servers. Connections are kept for the next request, redirections are not followed. An exchange
 * makes progress with its answer and with each 64 KiB in either direction: one that trickles ends by its time limit, a
 * long one does not. Disposal closes all connections.
 */
export interface HttpClient extends AsyncDisposable {
  /**
   * Sends a request. An answer that comes before all of the body is sent ends the sending.
   *
   * @throws DicomError `network` (no connection, none by TLS, an answer that is not HTTP), `timeout`, `configuration`
   * (certificate or key); what reading the body throws; the reason of `signal`
   */
  send(server: HttpServer, request: HttpRequest, signal: AbortSignal): Promise<HttpAnswer>;
}
