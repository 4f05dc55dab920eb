import { readTextOf } from "../../bytes/text.ts";
import { DicomError } from "../../errors.ts";
import type { HttpClient, HttpRequest, HttpServer } from "../../ports/http_client.ts";

/** A short answer, read to its end. */
export interface Reply {
  readonly status: number;
  /** By names in small letters. */
  readonly headers: ReadonlyMap<string, string>;
  readonly text: string;
}

/** Whom to ask, and by what. */
export interface Line {
  readonly http: HttpClient;
  readonly server: HttpServer;
}

/** Answers are short; a longer one is no answer. */
const MAXIMUM_BYTES = 16 * 1024 * 1024;

/**
 * Sends a request whose answer is short.
 *
 * @throws DicomError as `HttpClient.send()`; `network` for an answer of more than 16 MiB
 */
export async function ask(
  { http, server }: Line,
  request: HttpRequest,
  signal: AbortSignal,
): Promise<Reply> {
  await using answer = await http.send(server, request, signal);
  const { status, headers } = answer;
  try {
    return { status, headers, text: await readTextOf(answer.body, MAXIMUM_BYTES) };
  } catch (cause) {
    if (!(cause instanceof DicomError) || cause.code !== "too-large") throw cause;
    throw new DicomError("network", `Cannot use answer of ${hostOf(server)}: ${cause.message}`);
  }
}

/** An answer that must be JSON. @throws DicomError `network` if it has another status than 200, or is none */
export function jsonOf({ status, text }: Reply, server: HttpServer): unknown {
  if (status !== 200) throw badStatus(server, status);
  try {
    return JSON.parse(text);
  } catch {
    throw new DicomError("network", `Cannot use answer of ${hostOf(server)}: it is not JSON`);
  }
}

/** Failure for an answer that says no. */
export function badStatus(server: HttpServer, status: number): DicomError {
  return new DicomError("network", `Cannot use answer of ${hostOf(server)}: HTTP status ${status}`);
}

/** Host and port of a server, as messages name it. */
export function hostOf({ url }: HttpServer): string {
  return new URL(url).host;
}
