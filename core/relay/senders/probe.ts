import { DicomError } from "../../errors.ts";
import type { HttpRequest } from "../../ports/http_client.ts";
import { ask, badStatus, type Line } from "../http/ask.ts";

const UNAUTHORIZED: readonly number[] = [401, 403, 407];

/**
 * Asks whether a server is there and lets us in.
 *
 * @throws DicomError `network`, `timeout`, `unauthorized`, `configuration`
 */
export async function probeHttp(
  line: Line,
  request: HttpRequest & { readonly accepted: (status: number) => boolean },
  signal: AbortSignal,
): Promise<void> {
  const { status } = await ask(line, request, signal);
  if (request.accepted(status)) return;
  const failure = badStatus(line.server, status);
  throw UNAUTHORIZED.includes(status) ? new DicomError("unauthorized", failure.message) : failure;
}
