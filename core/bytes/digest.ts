import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import type { ByteSource } from "./source.ts";

/** Bytes read at a time. */
const PIECE = 1048576;

/** Lower-case hexadecimal SHA-256 of all bytes of `source`. */
export async function sha256Of(source: ByteSource): Promise<string> {
  const hash = createHash("sha256");
  for (let at = 0; at < source.size;) {
    const piece = await source.read(at, PIECE);
    if (piece.length === 0) break;
    hash.update(piece);
    at += piece.length;
  }
  return hash.digest("hex");
}

/** Shorter bytes are hashed at once: handing them to another thread would take longer. */
const HASHED_AT_ONCE = 16384;

/** Lower-case hexadecimal SHA-256 of `bytes`, computed off the main thread where it takes time. */
export async function sha256OfBytes(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  if (bytes.length <= HASHED_AT_ONCE) return createHash("sha256").update(bytes).digest("hex");
  return Buffer.from(await crypto.subtle.digest("SHA-256", bytes)).toString("hex");
}
