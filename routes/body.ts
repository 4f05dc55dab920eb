import type { Context } from "hono";
import { pipeline, Readable } from "node:stream";
import { createGunzip, createInflate } from "node:zlib";
import { DicomError } from "../core/errors.ts";
import type { IncomingBody } from "./listener/request.ts";

/** Longest JSON or text that is read whole, in bytes. */
const MAXIMUM_TEXT = 16 * 1024 * 1024;
/** Deepest JSON that is parsed. */
const MAXIMUM_DEPTH = 100;

/** Limits of bodies, from the configuration; kept in the context by `limitBody()`. */
export interface BodyLimits {
  /** Most bytes that a body may have as it is sent. */
  readonly maximumBytes: number;
  /** Most bytes that a compressed body may inflate to. */
  readonly maximumInflated: number;
}

/** Makes the middleware that refuses bodies that are too long, or have no end that is known. */
export function limitBody(limits: BodyLimits) {
  return async (c: Context, next: () => Promise<void>) => {
    c.set("bodyLimits", limits);
    const declared = c.req.header("Content-Length");
    if (declared !== undefined && Number(declared) > limits.maximumBytes) throw tooLong(limits);
    await next();
  };
}

/**
 * The body for one reader that is done with each piece when it asks for the next, such as the file store.
 *
 * @throws DicomError as `bodyOf()`
 */
export function lentBodyOf(c: Context): AsyncIterable<Uint8Array> {
  const direct: IncomingBody | undefined = c.env?.body;
  if (!direct || c.req.header("Content-Encoding") !== undefined) return bodyOf(c);
  const limits: BodyLimits = c.get("bodyLimits") ?? UNLIMITED;
  return counted(direct.lent(), limits.maximumBytes, () => tooLong(limits));
}

/**
 * The body as it comes, inflated where it is compressed, never more than the limits allow.
 *
 * @throws DicomError while it is read: `too-large`, `bad-request` (damaged compression)
 */
export async function* bodyOf(c: Context): AsyncGenerator<Uint8Array> {
  const limits: BodyLimits = c.get("bodyLimits") ?? UNLIMITED;
  const raw = counted(rawBody(c), limits.maximumBytes, () => tooLong(limits));
  const encoding = (c.req.header("Content-Encoding") ?? "identity").trim().toLowerCase();
  if (encoding === "identity" || encoding === "") {
    yield* raw;
    return;
  }
  const inflater = INFLATERS[encoding];
  if (!inflater) {
    throw new DicomError("unsupported-media", `Cannot read body: encoding "${encoding}"`);
  }
  const fact = `Cannot read body: it inflates to more than ${limits.maximumInflated} bytes`;
  yield* counted(
    inflated(raw, inflater()),
    limits.maximumInflated,
    () => new DicomError("too-large", fact),
  );
}

/** The body as text. @throws DicomError `too-large` */
export async function readText(c: Context): Promise<string> {
  const chunks: Uint8Array[] = [];
  const whole = counted(
    bodyOf(c),
    MAXIMUM_TEXT,
    () => new DicomError("too-large", `Cannot read body: more than ${MAXIMUM_TEXT} bytes of text`),
  );
  for await (const chunk of whole) chunks.push(chunk);
  return new TextDecoder().decode(await new Blob(chunks as BlobPart[]).arrayBuffer());
}

/**
 * The body as JSON.
 *
 * @returns undefined if it is not JSON
 * @throws DicomError `too-large`, `bad-request` if it is nested too deep
 */
export async function readJson(c: Context): Promise<unknown> {
  return parseJson(await readText(c));
}

/** A text that was read, as JSON; otherwise as `readJson()`. */
export function parseJson(text: string): unknown {
  if (depthOf(text) > MAXIMUM_DEPTH) {
    throw new DicomError("bad-request", `Cannot read JSON: nested deeper than ${MAXIMUM_DEPTH}`);
  }
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const UNLIMITED: BodyLimits = { maximumBytes: Infinity, maximumInflated: Infinity };

type Inflater = ReturnType<typeof createGunzip>;

const INFLATERS: Readonly<Record<string, () => Inflater>> = {
  gzip: createGunzip,
  "x-gzip": createGunzip,
  deflate: createInflate,
};

/** The listener gives the body straight from the socket; elsewhere it is the request's own. */
async function* rawBody(c: Context): AsyncGenerator<Uint8Array> {
  const direct: IncomingBody | undefined = c.env?.body;
  const body = direct ?? c.req.raw.body;
  if (body) yield* body;
}

async function* counted(
  bytes: AsyncIterable<Uint8Array>,
  maximum: number,
  error: () => DicomError,
): AsyncGenerator<Uint8Array> {
  let count = 0;
  for await (const chunk of bytes) {
    count += chunk.length;
    if (count > maximum) throw error();
    yield chunk;
  }
}

async function* inflated(
  bytes: AsyncIterable<Uint8Array>,
  inflater: Inflater,
): AsyncGenerator<Uint8Array> {
  const source = Readable.from(bytes);
  pipeline(source, inflater, () => {}); // the loop below gets its errors
  try {
    yield* inflater as AsyncIterable<Uint8Array>;
  } catch (cause) {
    if (cause instanceof DicomError) throw cause;
    const fact = "its compression is damaged or cut short";
    throw new DicomError("bad-request", `Cannot read body: ${fact}`, { cause });
  }
}

function tooLong({ maximumBytes }: BodyLimits): DicomError {
  return new DicomError("too-large", `Cannot read body: it exceeds ${maximumBytes} bytes`);
}

/** How deep brackets are nested, without those in strings. By hand: an expression could take quadratic time. */
function depthOf(json: string): number {
  let depth = 0;
  let deepest = 0;
  let isString = false;
  for (let at = 0; at < json.length; at++) {
    const character = json[at]!;
    if (character === '"') isString = !isString;
    else if (isString) at += character === "\\" ? 1 : 0;
    else if (character === "[" || character === "{") deepest = Math.max(deepest, ++depth);
    else if (character === "]" || character === "}") depth--;
  }
  return deepest;
}
