import { Buffer } from "node:buffer";
import { STATUS_CODES } from "node:http";

/** How the body of a request is delimited (RFC 9112 Section 6.3). */
export type Framing =
  | { readonly kind: "none" }
  | { readonly kind: "length"; readonly bytes: number }
  | { readonly kind: "chunked" };

/** Request line and header fields, checked. */
export interface RequestHead {
  readonly kind: "request";
  readonly method: string;
  /** Path and query in ASCII, from the first slash. */
  readonly target: string;
  /** Host and port as the client gave them; empty if an HTTP/1.0 client gave none. */
  readonly host: string;
  /** Names are in lower case; one pair for each line. */
  readonly fields: readonly (readonly [name: string, value: string])[];
  readonly framing: Framing;
  /** Of HTTP/1.x. */
  readonly minor: 0 | 1;
  /** Whether the client lets the connection serve further requests. */
  readonly persistent: boolean;
  /** Whether the client waits for `100 Continue` before it sends the body. */
  readonly expectsContinue: boolean;
}

/** A request that is answered with `status` and no body before anything else looks at it. */
export interface Refusal {
  readonly kind: "refusal";
  readonly status: number;
  readonly reason: string;
}

type Fields = RequestHead["fields"];

const MAX_FIELDS = 100;
const REQUEST_LINE = /^([!#$%&'*+\-.^_`|~\w]{1,32}) ([!-~\x80-\xff]+) HTTP\/(\d)\.(\d)$/;
const FIELD_NAME = /^[!#$%&'*+\-.^_`|~\w]+$/;
const FIELD_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;
const ABSOLUTE_FORM = /^https?:\/\/([^/?#]*)([/?].*)?$/i;
const HOST = /^(?:\[[\da-f:.]{2,45}\]|[\w.-]{1,255})(?::\d{1,5})?$/i;

/**
 * Reads the head of a request (RFC 9112 Sections 2 to 6) without the empty line that ends it. What two readers
 * could take differently is refused: bare line feeds, folded lines, a repeated Host or Content-Length, and
 * Content-Length beside Transfer-Encoding.
 */
export function parseHead(bytes: Uint8Array): RequestHead | Refusal {
  const [requestLine, ...lines] = latin1(bytes).split("\r\n");
  const match = REQUEST_LINE.exec(requestLine!); // split() gives one at least
  if (!match) return refuse(400, "the request line is malformed");
  const [, method, rawTarget, major, minor] = match as unknown as [string, ...string[]]; // four groups matched
  if (major !== "1") return refuse(505, "it is not of HTTP/1");

  const fields = parseFields(lines);
  if (!fields) return refuse(400, "a header field is malformed");
  const target = parseTarget(rawTarget!, minor === "0", fields);
  if (!target) return refuse(400, "the target or the Host field is malformed");
  const framing = parseFraming(minor === "0", fields);
  if (framing.kind === "refusal") return framing;
  const expect = valueOf(fields, "expect")?.toLowerCase();
  if (expect !== undefined && expect !== "100-continue") return refuse(417, "of its Expect field");

  const persistent = minor !== "0" && !/\bclose\b/i.test(valueOf(fields, "connection") ?? "");
  return {
    kind: "request",
    method: method!,
    ...target,
    fields,
    framing,
    minor: minor === "0" ? 0 : 1,
    persistent,
    expectsContinue: expect !== undefined && minor !== "0",
  };
}

/** Status line and header fields of an answer, with the empty line that ends them. */
export function encodeHead(
  status: number,
  fields: Iterable<readonly [string, string]>,
): Uint8Array {
  let head = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}\r\n`;
  for (const [name, value] of fields) head += `${name}: ${value}\r\n`;
  return Buffer.from(head + "\r\n", "latin1");
}

/**
 * Size of the chunk that `line` announces, without its line end (RFC 9112 Section 7.1); extensions are ignored.
 * @returns bytes, or undefined if the line is malformed
 */
export function parseChunkSize(line: Uint8Array): number | undefined {
  const match = /^([\da-f]{1,12})[ \t]*(?:;.*)?$/i.exec(latin1(line));
  return match ? parseInt(match[1]!, 16) : undefined;
}

function parseFields(lines: readonly string[]): Fields | undefined {
  if (lines.length > MAX_FIELDS) return undefined;
  const fields: [string, string][] = [];
  for (const line of lines) {
    const colon = line.indexOf(":");
    const name = line.slice(0, Math.max(colon, 0));
    const value = stripBlanks(line, colon + 1);
    if (!FIELD_NAME.test(name) || !FIELD_VALUE.test(value)) return undefined;
    fields.push([name.toLowerCase(), value]);
  }
  return fields;
}

/** Origin form, or absolute form whose authority stands for the Host field (RFC 9112 Section 3.2). */
function parseTarget(
  raw: string,
  isOld: boolean,
  fields: Fields,
): { target: string; host: string } | undefined {
  const hosts = valuesOf(fields, "host");
  const absolute = ABSOLUTE_FORM.exec(raw);
  const host = absolute?.[1] ?? hosts[0] ?? "";
  const isAnonymous = isOld && hosts.length === 0 && host === "";
  if (!isAnonymous && (hosts.length !== 1 || !HOST.test(host))) return undefined;
  const path = absolute ? absolute[2] ?? "/" : raw;
  const target = path.startsWith("?") ? "/" + path : path;
  if (!target.startsWith("/") || target.includes("#")) return undefined;
  return { target: target.replace(/[\x80-\xff]/g, percentEncode), host };
}

function parseFraming(isOld: boolean, fields: Fields): Framing | Refusal {
  const lengths = valuesOf(fields, "content-length");
  const codings = valuesOf(fields, "transfer-encoding");
  if (codings.length > 0) {
    if (isOld || lengths.length > 0) return refuse(400, "the length of its body is ambiguous");
    const isChunked = codings.length === 1 && codings[0]!.toLowerCase() === "chunked";
    return isChunked ? { kind: "chunked" } : refuse(501, "its transfer coding is not served");
  }
  if (lengths.length === 0) return { kind: "none" }; // as RFC 9112 Section 6.3 and curl have it
  const isLength = lengths.length === 1 && /^\d{1,15}$/.test(lengths[0]!);
  if (!isLength) return refuse(400, "its Content-Length is malformed");
  return { kind: "length", bytes: Number(lengths[0]) };
}

function refuse(status: number, reason: string): Refusal {
  return { kind: "refusal", status, reason };
}

function valueOf(fields: Fields, name: string): string | undefined {
  return fields.find(([other]) => other === name)?.[1];
}

function valuesOf(fields: Fields, name: string): string[] {
  return fields.filter(([other]) => other === name).map(([, value]) => value);
}

/** By hand: a regular expression takes quadratic time on long runs of blanks. */
function stripBlanks(line: string, from: number): string {
  let start = from;
  let end = line.length;
  while (start < end && isBlank(line.charCodeAt(start))) start++;
  while (end > start && isBlank(line.charCodeAt(end - 1))) end--;
  return line.slice(start, end);
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09;
}

function percentEncode(character: string): string {
  return "%" + character.charCodeAt(0).toString(16).toUpperCase();
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
}
