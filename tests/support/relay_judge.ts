import { createHash } from "node:crypto";

/**
 * The judge of relay tests: a server that takes instances as an Orthanc peer does and counts their SHA-256 by SOP
 * Instance UID. It shares no code with the product.
 */
export interface Judge extends AsyncDisposable {
  readonly url: string;
  /** Digests by UID, one for each time that it came. */
  readonly seen: ReadonlyMap<string, readonly string[]>;
  /** How often something came that was there already. */
  readonly duplicates: number;
}

/** Starts a judge on a free port. */
export function startJudge(): Judge {
  const seen = new Map<string, string[]>();
  let duplicates = 0;
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, async (request) => {
    if (request.method === "GET") return Response.json({ Version: "1.12.9", ApiVersion: 28 });
    const bytes = await bodyOf(request);
    const uid = uidIn(bytes);
    const digest = createHash("sha256").update(bytes).digest("hex");
    const known = seen.get(uid);
    if (known) duplicates++;
    seen.set(uid, [...known ?? [], digest]);
    return Response.json({ ID: uid, Status: known ? "AlreadyStored" : "Success" });
  });
  return {
    url: `http://127.0.0.1:${server.addr.port}`,
    seen,
    get duplicates() {
      return duplicates;
    },
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

async function bodyOf(request: Request): Promise<Uint8Array<ArrayBuffer>> {
  if (request.headers.get("Content-Encoding") !== "gzip") return await request.bytes();
  return await new Response(request.body!.pipeThrough(new DecompressionStream("gzip"))).bytes();
}

/** The value of (0008,0018) in explicit little endian: behind `08 00 18 00 U I` and two bytes of length. */
function uidIn(bytes: Uint8Array): string {
  const mark = [0x08, 0x00, 0x18, 0x00, 0x55, 0x49];
  for (let at = 132; at + 8 < bytes.length; at++) {
    if (!mark.every((byte, n) => bytes[at + n] === byte)) continue;
    const length = bytes[at + 6]! | bytes[at + 7]! << 8;
    return new TextDecoder().decode(bytes.subarray(at + 8, at + 8 + length)).replace(/\0+$/, "");
  }
  throw new Error("no SOP Instance UID");
}
