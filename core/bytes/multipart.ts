import { Buffer } from "node:buffer";
import { DicomError } from "../errors.ts";

/** Bytes of the headers of a part; longer ones are refused. */
const MAXIMUM_HEADERS = 16384;
/** Parts of a form; more are refused. */
const MAXIMUM_PARTS = 100_000;

/**
 * The files of a form, one after another as they come (RFC 7578). Text fields and inputs without a chosen
 * file are passed over. What is not read of a file is skipped when the next one is asked for; memory holds
 * one chunk of the body.
 *
 * @param contentType the header, with the boundary
 * @throws DicomError `bad-request` if the form is malformed or cut short, also while a file is read
 */
export async function* fileParts(
  body: AsyncIterable<Uint8Array>,
  contentType: string,
): AsyncGenerator<AsyncIterable<Uint8Array>> {
  const chunks = body[Symbol.asyncIterator]();
  const form = new FormReader(chunks, boundaryOf(contentType));
  try {
    for (let parts = 0;; parts++) {
      const headers = await form.nextPart();
      if (headers === undefined) return await readToEnd(chunks);
      if (parts === MAXIMUM_PARTS) throw badForm(`it has more than ${MAXIMUM_PARTS} parts`);
      if (isFile(headers)) yield form.content();
    }
  } finally {
    await chunks.return?.();
  }
}

/** A request that is read to its end leaves the connection in order. */
async function readToEnd(chunks: AsyncIterator<Uint8Array>): Promise<void> {
  while (!(await chunks.next()).done);
}

/** Takes a form apart (RFC 2046 Section 5.1). */
class FormReader {
  readonly #chunks: AsyncIterator<Uint8Array>;
  readonly #delimiter: Buffer;
  /** What has come and not been used; the line break lets a delimiter begin the body. */
  #bytes = Buffer.from("\r\n");
  #inPart = true; // the preamble

  constructor(chunks: AsyncIterator<Uint8Array>, boundary: string) {
    this.#chunks = chunks;
    this.#delimiter = Buffer.from(`\r\n--${boundary}`, "latin1");
  }

  /** Headers of the next part, each after a line break; undefined at the end of the form. */
  async nextPart(): Promise<string | undefined> {
    while (this.#inPart) await this.#piece();
    while (this.#bytes.length < 2) await this.#fill();
    if (this.#bytes.toString("latin1", 0, 2) === "--") return undefined;
    let end: number;
    while ((end = this.#bytes.indexOf("\r\n\r\n")) < 0 && this.#bytes.length < MAXIMUM_HEADERS) {
      await this.#fill();
    }
    if (end < 0 || end > MAXIMUM_HEADERS) throw badForm("headers of a part are too long");
    const headers = this.#take(end + 4).toString("utf8", 0, end);
    if (!/^[ \t]*(\r\n|$)/.test(headers)) throw badForm("a boundary is followed by other text");
    this.#inPart = true;
    return headers;
  }

  /** The content of the part, or what is left of it. */
  async *content(): AsyncGenerator<Uint8Array> {
    while (this.#inPart) {
      const piece = await this.#piece();
      if (piece.length > 0) yield piece;
    }
  }

  /** The next bytes of the part; none if more of the body is needed to tell them from a delimiter. */
  async #piece(): Promise<Uint8Array> {
    const end = this.#bytes.indexOf(this.#delimiter);
    if (end >= 0) {
      this.#inPart = false;
      return this.#take(end + this.#delimiter.length).subarray(0, end);
    }
    const piece = this.#take(Math.max(0, this.#bytes.length - this.#delimiter.length + 1));
    if (piece.length === 0) await this.#fill();
    return piece;
  }

  #take(length: number): Buffer {
    const taken = this.#bytes.subarray(0, length);
    this.#bytes = this.#bytes.subarray(length);
    return taken;
  }

  async #fill(): Promise<void> {
    const next = await this.#chunks.next();
    if (next.done) throw badForm("it is cut short");
    this.#bytes = Buffer.concat([this.#bytes, next.value]);
  }
}

/** RFC 2046 Section 5.1.1. */
function boundaryOf(contentType: string): string {
  const found = /;\s*boundary=(?:"([^"]*)"|([^;\s]*))/i.exec(contentType);
  const boundary = found?.[1] ?? found?.[2] ?? "";
  if (!/^[ -~]{1,70}$/.test(boundary)) throw badForm("its boundary is missing or invalid");
  return boundary;
}

/** Browsers give a file a name (RFC 7578 Section 4.2), programs at least a type other than text. */
function isFile(headers: string): boolean {
  const disposition = header(headers, "content-disposition");
  const encoding = header(headers, "content-transfer-encoding");
  if (/base64|quoted-printable/i.test(encoding ?? "")) {
    throw badForm("encoded parts are not supported");
  }
  const name = /;\s*filename\*?=("?)([^;\s"]?)/i.exec(disposition ?? "");
  if (name) return name[2] !== "";
  const type = header(headers, "content-type");
  return type !== undefined && !/^text\//i.test(type);
}

function header(headers: string, name: string): string | undefined {
  const line = headers.split("\r\n").find((line) => line.toLowerCase().startsWith(`${name}:`));
  return line?.slice(name.length + 1).trim();
}

function badForm(fact: string): DicomError {
  return new DicomError("bad-request", `Cannot read form: ${fact}`);
}
