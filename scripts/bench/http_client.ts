/** A client that costs little: requests over kept connections, answers read but not kept. */

const HEAD_END = new TextEncoder().encode("\r\n\r\n");

/** One kept connection to `port` of this machine. */
export class BenchConnection implements AsyncDisposable {
  readonly #port: number;
  #conn: Deno.TcpConn | undefined;
  readonly #buffer = new Uint8Array(1 << 20);

  constructor(port: number) {
    this.#port = port;
  }

  /** Sends a request and waits for the end of its answer. @param accept media type @returns the status */
  async request(
    method: string,
    path: string,
    body?: Uint8Array,
    accept?: string,
  ): Promise<number> {
    const conn = this.#conn ??= await this.#connect();
    const length = body ? `Content-Length: ${body.length}\r\n` : "";
    const wanted = accept ? `Accept: ${accept}\r\n` : "";
    const host = `Host: 127.0.0.1:${this.#port}\r\n`;
    const head = `${method} ${path} HTTP/1.1\r\n${host}${length}${wanted}\r\n`;
    await writeAll(conn, new TextEncoder().encode(head));
    if (body) await writeAll(conn, body);
    return await this.#readAnswer(conn);
  }

  async #connect(): Promise<Deno.TcpConn> {
    const conn = await Deno.connect({ hostname: "127.0.0.1", port: this.#port });
    conn.setNoDelay(true);
    return conn;
  }

  async #readAnswer(conn: Deno.TcpConn): Promise<number> {
    let filled = 0;
    let bodyStart = -1;
    let total = Infinity;
    let status = 0;
    let close = false;
    while (filled < total) {
      const count = await conn.read(this.#buffer.subarray(bodyStart < 0 ? filled : 0));
      if (count === null) break;
      filled += count;
      if (bodyStart >= 0) continue;
      bodyStart = indexOf(this.#buffer.subarray(0, filled), HEAD_END);
      if (bodyStart < 0) continue;
      const head = new TextDecoder().decode(this.#buffer.subarray(0, bodyStart));
      status = Number(head.slice(9, 12));
      total = bodyStart + 4 + Number(/content-length: *(\d+)/i.exec(head)?.[1] ?? 0);
      close = /connection: *close/i.test(head);
    }
    if (close) this.#close();
    return status;
  }

  #close(): void {
    this.#conn?.close();
    this.#conn = undefined;
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#close();
    return Promise.resolve();
  }
}

async function writeAll(conn: Deno.Conn, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await conn.write(bytes.subarray(at));
}

function indexOf(bytes: Uint8Array, wanted: Uint8Array): number {
  for (let at = 0; at + wanted.length <= bytes.length; at++) {
    if (wanted.every((byte, index) => bytes[at + index] === byte)) return at;
  }
  return -1;
}
