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
