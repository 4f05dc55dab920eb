import { createHash } from "node:crypto";
import type { HttpRequest } from "../../ports/http_client.ts";
import type { Line } from "./ask.ts";

/**
 * Lower-case hexadecimal SHA-256 of the body of an answer; undefined if its status is not 200.
 *
 * @throws DicomError as `HttpClient.send()`
 */
export async function sha256OfAnswer(
  { http, server }: Line,
  request: HttpRequest,
  signal: AbortSignal,
): Promise<string | undefined> {
  await using answer = await http.send(server, request, signal);
  if (answer.status !== 200) return undefined;
  const hash = createHash("sha256");
  for await (const piece of answer.body) hash.update(piece);
  return hash.digest("hex");
}
