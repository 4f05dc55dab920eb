import { Buffer } from "node:buffer";
import { createHash, type Hash } from "node:crypto";
import type { ByteSource } from "./source.ts";

/** Bytes read at a time. */
const PIECE = 1048576;

/** Lower-case hexadecimal SHA-256 of all bytes of `source`. */
export async function sha256Of(source: ByteSource): Promise<string> {
  const hash = createHash("sha256");
  await update([hash], source);
  return hash.digest("hex");
}

/** Lower-case hexadecimal digests of all bytes of `source`. */
export async function digestsOf(source: ByteSource): Promise<{ md5: string; sha256: string }> {
  const [md5, sha256] = [createHash("md5"), createHash("sha256")];
  await update([md5, sha256], source);
  return { md5: md5.digest("hex"), sha256: sha256.digest("hex") };
}

async function update(hashes: readonly Hash[], source: ByteSource): Promise<void> {
  for (let at = 0; at < source.size;) {
    const piece = await source.read(at, PIECE);
    if (piece.length === 0) break;
    for (const hash of hashes) hash.update(piece);
    at += piece.length;
  }
}

/** Shorter bytes are hashed at once: handing them to another thread would take longer. */
const HASHED_AT_ONCE = 16384;

/** Lower-case hexadecimal SHA-256 of `bytes`, computed off the main thread where it takes time. */
export async function sha256OfBytes(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  if (bytes.length <= HASHED_AT_ONCE) return createHash("sha256").update(bytes).digest("hex");
  return Buffer.from(await crypto.subtle.digest("SHA-256", bytes)).toString("hex");
}
