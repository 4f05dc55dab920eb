import type { Context } from "hono";
import { toXml } from "./xml.ts";

/** Elements of a streamed array are gathered into pieces of at least so many characters. */
const PIECE = 65536;
/** A comment that keeps an idle event stream alive is sent this often. */
const HEARTBEAT_MS = 15_000;

const JSON_TYPE = "application/json; charset=utf-8";
const encoder = new TextEncoder();

/** Whether a flag argument is set: it is there, and not `false` or `0`. */
export function flag(c: Context, name: string): boolean {
  const value = c.req.query(name);
  return value !== undefined && value !== "false" && value !== "0";
}

/** A JSON answer, or its XML where the client names that first. */
export function json(c: Context, value: unknown): Response {
  return wantsXml(c)
    ? whole(c, toXml(value), "application/xml; charset=utf-8")
    : whole(c, JSON.stringify(value, null, 3), JSON_TYPE);
}

/** The literal `{}` of actions without a result. */
export function emptyJson(c: Context): Response {
  return whole(c, "{}", "application/json");
}

/** A plain value. */
export function text(c: Context, value: string): Response {
  return whole(c, value, "text/plain");
}

/** A short answer, with its length. */
export function whole(c: Context, answer: string, mediaType: string): Response {
  const body = encoder.encode(answer);
  return c.body(body, 200, { "Content-Type": mediaType, "Content-Length": String(body.length) });
}

/** Bytes of known length. */
export function bytes(
  c: Context,
  { length, bytes }: { readonly length: number; readonly bytes: AsyncIterable<Uint8Array> },
  mediaType: string,
): Response {
  const headers = { "Content-Type": mediaType, "Content-Length": String(length) };
  return c.body(ReadableStream.from(bytes) as ReadableStream, 200, headers);
}

/** Bytes of which nobody knows how many they are; what fails on the way ends the connection. */
export function streamed(
  c: Context,
  bytes: AsyncIterable<Uint8Array>,
  mediaType: string,
): Response {
  return c.body(ReadableStream.from(bytes) as ReadableStream, 200, { "Content-Type": mediaType });
}

/**
 * Bytes as they are made, of a length that may not be known. What fails before the first piece is a failure of the
 * request; what fails later ends the connection.
 */
export async function pulledBytes(
  c: Context,
  { length, bytes }: {
    readonly length: number | undefined;
    readonly bytes: AsyncIterable<Uint8Array>;
  },
  mediaType: string,
): Promise<Response> {
  const pieces = bytes[Symbol.asyncIterator]();
  let ready: IteratorResult<Uint8Array> | undefined = await pieces.next();
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { done, value } = ready ?? await pieces.next();
      ready = undefined;
      if (done) controller.close();
      else controller.enqueue(value);
    },
    async cancel() {
      await pieces.return?.();
    },
  }, { highWaterMark: 0 });
  c.header("Content-Type", mediaType);
  return c.body(
    body as ReadableStream,
    200,
    length === undefined ? {} : { "Content-Length": String(length) },
  );
}

/** A JSON array, one element after the other. */
export function jsonStream(c: Context, items: AsyncIterable<unknown>): Promise<Response> {
  return stream(c, items, ["[", "]"], (item) => JSON.stringify(item, null, 3));
}

/** A JSON object, one member after the other. */
export function jsonObjectStream(
  c: Context,
  members: AsyncIterable<readonly [string, unknown]>,
): Promise<Response> {
  const show = ([name, value]: readonly [string, unknown]) =>
    `${JSON.stringify(name)}: ${JSON.stringify(value, null, 3)}`;
  return stream(c, members, ["{", "}"], show);
}

/**
 * Streams a JSON text. What fails before the first piece is a failure of the request; what fails later ends
 * the connection, so that a cut answer never looks whole.
 */
async function stream<T>(
  c: Context,
  items: AsyncIterable<T>,
  [open, close]: readonly [string, string],
  show: (item: T) => string,
): Promise<Response> {
  const pieces = jsonPieces(items, [open, close], show);
  if (wantsXml(c)) return json(c, JSON.parse((await Array.fromAsync(pieces)).join("")));
  const first = (await pieces.next()).value as string; // there is always one piece
  if (first.length < PIECE) return whole(c, first, JSON_TYPE);
  return c.body(encoded(first, pieces), 200, { "Content-Type": JSON_TYPE });
}

/** Pieces of at least `PIECE` characters, but for the last. */
async function* jsonPieces<T>(
  items: AsyncIterable<T>,
  [open, close]: readonly [string, string],
  show: (item: T) => string,
): AsyncGenerator<string> {
  let piece = open;
  let separator = "";
  for await (const item of items) {
    piece += separator + show(item);
    separator = ", ";
    if (piece.length < PIECE) continue;
    yield piece;
    piece = "";
  }
  yield piece + close;
}

/** By hand, because a generator that was never started does not close what it would have read. */
function encoded(first: string, rest: AsyncGenerator<string>): ReadableStream {
  let ready: string | undefined = first;
  return new ReadableStream({
    async pull(controller) {
      const piece = ready ?? (await rest.next()).value;
      ready = undefined;
      if (piece === undefined) controller.close();
      else controller.enqueue(encoder.encode(piece));
    },
    async cancel() {
      await rest.return(undefined);
    },
  }, { highWaterMark: 0 });
}

/** As Orthanc: XML must be what is named first, so that browsers, which name it too, get JSON. */
function wantsXml(c: Context): boolean {
  return /^\s*application\/xml\s*(?:[;,]|$)/i.test(c.req.header("Accept") ?? "");
}

/** One server-sent event; `data` is sent as JSON. */
export interface ServerEvent {
  readonly id: string;
  readonly event: string;
  readonly data: unknown;
}

/** Server-sent events (HTML, Section 9.2), as fast as the client takes them, until it goes away. */
export function eventStream(
  c: Context,
  events: (signal: AbortSignal) => AsyncIterable<ServerEvent>,
): Response {
  const gone = new AbortController();
  const frames = withHeartbeat(events(gone.signal)[Symbol.asyncIterator](), gone.signal);
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { done, value } = await frames.next();
      if (done) controller.close();
      else controller.enqueue(encoder.encode(value));
    },
    cancel: () => gone.abort(),
  }, { highWaterMark: 0 });
  return c.body(body, 200, { "Content-Type": "text/event-stream", "Cache-Control": "no-store" });
}

async function* withHeartbeat(
  events: AsyncIterator<ServerEvent>,
  signal: AbortSignal,
): AsyncGenerator<string> {
  yield ": outpost\n\n";
  let next = events.next();
  while (!signal.aborted) {
    const result = await firstWithin(next, HEARTBEAT_MS);
    if (result === undefined) {
      yield ":\n\n";
      continue;
    }
    if (result.done) return;
    const { id, event, data } = result.value;
    yield `id: ${id}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
    next = events.next();
  }
}

/** What `promise` gives, or undefined if it takes longer than `ms`. */
async function firstWithin<T>(promise: Promise<T>, ms: number): Promise<T | undefined> {
  const late = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => late.resolve(undefined), ms);
  try {
    return await Promise.race([promise, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
