import { readRange } from "../../dicom/decode.ts";
import type { OpenFile } from "../../ports.ts";
import type { HttpBody } from "../../ports/http_client.ts";

/** A file as it is. */
export function fileBody(file: OpenFile): HttpBody {
  return { length: file.size, read: () => readRange(file, 0, file.size) };
}

/** A file as the only part of `multipart/related` (RFC 2387). */
export function relatedBody(file: OpenFile, boundary: string): HttpBody {
  const encoder = new TextEncoder();
  const head = encoder.encode(`--${boundary}\r\nContent-Type: application/dicom\r\n\r\n`);
  const tail = encoder.encode(`\r\n--${boundary}--\r\n`);
  return {
    length: head.length + file.size + tail.length,
    async *read() {
      yield head;
      yield* readRange(file, 0, file.size);
      yield tail;
    },
  };
}
