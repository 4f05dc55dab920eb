import type { UploadAnswer } from "./app.ts";

/** A request that a fake server got. */
export interface GotRequest {
  readonly method: string;
  /** With the query. */
  readonly path: string;
  readonly headers: Headers;
  /** Inflated. */
  readonly body: Uint8Array;
}

/** An HTTP server of this machine that answers as it is told. */
export interface FakePeer extends AsyncDisposable {
  /** Ends with `/`. */
  readonly url: string;
  readonly got: readonly GotRequest[];
}

/** Starts it. @param answer by default that of a server that stores what it gets */
export function startFakePeer(
  answer: (request: GotRequest) => Response | Promise<Response> = stored,
): FakePeer {
  const got: GotRequest[] = [];
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, async (request) => {
    const { pathname, search } = new URL(request.url);
    const { method, headers } = request;
    const path = pathname + search;
    const entry = { method, path, headers, body: await bodyOf(request) };
    got.push(entry);
    return await answer(entry);
  });
  return {
    url: `http://127.0.0.1:${server.addr.port}/`,
    got,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

/** Orthanc's answer to what it has stored. */
export function stored(): Response {
  const answer: Partial<UploadAnswer> = { ID: "id", Status: "Success" };
  return Response.json(answer);
}

async function bodyOf(request: Request): Promise<Uint8Array> {
  const isCompressed = request.headers.get("Content-Encoding") === "gzip";
  const { body } = request;
  if (!body) return new Uint8Array();
  const plain = isCompressed ? body.pipeThrough(new DecompressionStream("gzip")) : body;
  return await new Response(plain).bytes();
}
