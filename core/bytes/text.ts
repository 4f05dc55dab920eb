import { DicomError } from "../errors.ts";

/**
 * All of a short text in UTF-8.
 *
 * @param maximum in bytes
 * @throws DicomError `too-large` if there is more
 */
export async function readTextOf(
  bytes: AsyncIterable<Uint8Array>,
  maximum: number,
): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  let length = 0;
  for await (const piece of bytes) {
    length += piece.length;
    if (length > maximum) {
      throw new DicomError("too-large", `Cannot read text: it has more than ${maximum} bytes`);
    }
    text += decoder.decode(piece, { stream: true });
  }
  return text + decoder.decode();
}
