import type { Context } from "hono";
import { DicomError } from "../core/errors.ts";
import type { ByteRange, Content } from "../core/archive/attachments.ts";
import { bytes } from "./respond.ts";

/**
 * The range of a file of `size` bytes that a request asks for (RFC 9110 Section 14.1.2); undefined for all.
 *
 * @throws DicomError `bad-range` if there is no such range, or more than one
 */
export function rangeOf(c: Context, size: number): ByteRange | undefined {
  const header = c.req.header("Range");
  if (header === undefined) return undefined;
  const found = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header.trim());
  const [first, last] = [found?.[1] ?? "", found?.[2] ?? ""];
  const start = first === "" ? Math.max(0, size - Number(last)) : Number(first);
  const end = first === "" || last === "" ? size : Math.min(Number(last) + 1, size);
  if (first + last === "" || start >= end) {
    throw new DicomError("bad-range", `Cannot give range: the file has ${size} bytes`);
  }
  return { offset: start, length: end - start };
}

/** Answers with the whole content, or with `range` of a file of `size` bytes. */
export function ranged(
  c: Context,
  content: Content,
  { range, size, mediaType }: {
    readonly range: ByteRange | undefined;
    readonly size: number;
    readonly mediaType: string;
  },
): Response {
  if (!range) return bytes(c, content, mediaType);
  const { offset, length } = range;
  c.header("Content-Range", `bytes ${offset}-${offset + length - 1}/${size}`);
  c.header("Content-Type", "application/octet-stream");
  c.header("Content-Length", String(length));
  return c.body(ReadableStream.from(content.bytes) as ReadableStream, 206);
}
