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

/** Where a judge listens, and who is told what comes. */
export interface JudgeOptions {
  readonly port?: number;
  readonly hostname?: string;
  seen?(uid: string, digest: string): void;
  /** The HTTP status with which it refuses an instance; undefined to take it. */
  refuse?(uid: string): number | undefined;
}

/** Starts a judge, on a free port of this machine unless told otherwise. */
export function startJudge(options: JudgeOptions = {}): Judge {
  const { port = 0, hostname = "127.0.0.1" } = options;
  const seen = new Map<string, string[]>();
  const ids = new Map<string, string>();
  const md5s = new Map<string, string>();
  let duplicates = 0;
  const onError = (error: unknown) => {
    if (!(error instanceof Deno.errors.BadResource)) throw error; // else the sender has gone
    return new Response(null, { status: 400 });
  };
  const server = Deno.serve({ port, hostname, onListen() {}, onError }, async (request) => {
    const { pathname } = new URL(request.url);
    if (request.method === "GET") return shown(pathname, md5s);
    const bytes = await bodyOf(request);
    if (pathname === "/tools/lookup") return found(new TextDecoder().decode(bytes), ids);
    const uid = valueIn(bytes, [0x08, 0x00, 0x18, 0x00], "UI");
    const refusal = options.refuse?.(uid);
    if (refusal !== undefined) return new Response("{}", { status: refusal });
    const digest = createHash("sha256").update(bytes).digest("hex");
    const known = seen.get(uid);
    ids.set(uid, idOf(bytes));
    md5s.set(idOf(bytes), createHash("md5").update(bytes).digest("hex"));
    if (known) duplicates++;
    seen.set(uid, [...known ?? [], digest]);
    options.seen?.(uid, digest);
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

/** Answers to `/system`, and to what asks for the MD5 of an instance. */
function shown(path: string, md5s: ReadonlyMap<string, string>): Response {
  const id = /^\/instances\/([^/]+)\/attachments\/dicom\/md5$/.exec(path)?.[1];
  if (id === undefined) return Response.json({ Version: "1.12.9", ApiVersion: 28 });
  const md5 = md5s.get(id);
  return md5 === undefined ? new Response(null, { status: 404 }) : new Response(md5);
}

/** Answer to a question by SOP Instance UID. */
function found(uid: string, ids: ReadonlyMap<string, string>): Response {
  const id = ids.get(uid);
  return Response.json(id === undefined ? [] : [{ ID: id, Type: "Instance" }]);
}

/** Orthanc's identifier: SHA-1 of patient, study, series and instance. */
function idOf(bytes: Uint8Array): string {
  const chain = [
    valueIn(bytes, [0x10, 0x00, 0x20, 0x00], "LO"),
    valueIn(bytes, [0x20, 0x00, 0x0d, 0x00], "UI"),
    valueIn(bytes, [0x20, 0x00, 0x0e, 0x00], "UI"),
    valueIn(bytes, [0x08, 0x00, 0x18, 0x00], "UI"),
  ];
  const hash = createHash("sha1").update(chain.join("|")).digest("hex");
  return hash.replace(/(.{8})(?=.)/g, "$1-");
}

/** A value in explicit little endian: behind its tag, its VR and two bytes of length. */
function valueIn(bytes: Uint8Array, tag: readonly number[], vr: string): string {
  const mark = [...tag, vr.charCodeAt(0), vr.charCodeAt(1)];
  for (let at = 132; at + 8 < bytes.length; at++) {
    if (!mark.every((byte, n) => bytes[at + n] === byte)) continue;
    const length = bytes[at + 6]! | bytes[at + 7]! << 8;
    const value = new TextDecoder().decode(bytes.subarray(at + 8, at + 8 + length));
    return value.replace(/[\0 ]+$/, "");
  }
  throw new Error(`no value at ${tag.join(" ")}`);
}
