import assert from "node:assert/strict";

/** What a client read of one answer. */
export interface Answer {
  readonly status: number;
  readonly fields: ReadonlyMap<string, string>;
  readonly body: string;
}

/** A client that writes what it is told and reads answers of known length. */
export class Client implements Disposable {
  #text = "";
  readonly #conn: Deno.TcpConn;
  #isClosed = false;

  private constructor(conn: Deno.TcpConn) {
    this.#conn = conn;
  }

  static async open(port: number): Promise<Client> {
    return new Client(await Deno.connect({ hostname: "127.0.0.1", port }));
  }

  async send(request: string): Promise<void> {
    const bytes = new TextEncoder().encode(request);
    for (let at = 0; at < bytes.length;) at += await this.#conn.write(bytes.subarray(at));
  }

  async answer(): Promise<Answer> {
    const head = await this.until("\r\n\r\n");
    const [statusLine, ...lines] = head.trimEnd().split("\r\n");
    const fields = new Map(lines.map((line) => {
      const [name, value] = line.split(": ", 2) as [string, string];
      return [name.toLowerCase(), value];
    }));
    const status = Number(statusLine!.split(" ")[1]); // split() gives one line at least
    const isChunked = fields.has("transfer-encoding");
    const body = isChunked
      ? await this.#chunks()
      : await this.#exactly(fields.get("content-length"));
    return { status, fields, body };
  }

  async #chunks(): Promise<string> {
    let body = "";
    for (;;) {
      const size = parseInt(await this.until("\r\n"), 16);
      body += await this.#exactly(String(size));
      await this.until("\r\n");
      if (size === 0) return body;
    }
  }

  async #exactly(length = "0"): Promise<string> {
    while (this.#text.length < Number(length) && await this.#read());
    return this.#take(Number(length));
  }

  async until(end: string): Promise<string> {
    for (;;) {
      const at = this.#text.indexOf(end);
      if (at >= 0) return this.#take(at + end.length);
      if (!await this.#read()) assert.fail(`the connection ended after ${this.#text}`);
    }
  }

  /** All that comes until the server ends the connection. */
  async rest(): Promise<string> {
    while (await this.#read());
    return this.#text;
  }

  close(): void {
    if (!this.#isClosed) this.#conn.close();
    this.#isClosed = true;
  }

  [Symbol.dispose](): void {
    this.close();
  }

  async #read(): Promise<boolean> {
    const buffer = new Uint8Array(65536);
    const count = await this.#conn.read(buffer).catch(() => null);
    this.#text += new TextDecoder("latin1").decode(buffer.subarray(0, count ?? 0));
    return count !== null;
  }

  #take(length: number): string {
    const taken = this.#text.slice(0, length);
    this.#text = this.#text.slice(length);
    return taken;
  }
}
