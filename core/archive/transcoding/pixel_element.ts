import { ByteWriter } from "../../bytes/writer.ts";
import { encodeAscii } from "../../bytes/codec.ts";
import { UNDEFINED_LENGTH } from "../../dicom/element_header.ts";
import { elementOf, groupOf, TAG, type Tag } from "../../dicom/tag.ts";
import { DicomError } from "../../errors.ts";
import { frameBytes, type PixelDescription } from "../../image/pixels.ts";

/** The longest value there is; lengths are even. */
const LONGEST = 0xfffffffe;
const NO_BYTES = new Uint8Array(0);

/** Pixel Data of fragments, one for each frame, without offset table, in Explicit VR Little Endian (PS3.5 Section A.4). */
export async function* encapsulatedElement(
  frames: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  yield header("OB", UNDEFINED_LENGTH);
  yield marker(TAG.item, 0);
  for await (const frame of frames) {
    const padding = frame.length % 2;
    yield marker(TAG.item, frame.length + padding);
    yield frame;
    if (padding) yield Uint8Array.of(0);
  }
  yield marker(TAG.sequenceDelimitation, 0);
}

/** Native Pixel Data in Explicit VR Little Endian (PS3.5 Section 8.2). */
export async function* nativeElement(
  frames: AsyncIterable<Uint8Array>,
  description: PixelDescription,
): AsyncGenerator<Uint8Array> {
  const length = nativeLength(description);
  yield header(description.bitsAllocated > 8 ? "OW" : "OB", length + length % 2);
  yield* frames;
  yield length % 2 === 1 ? Uint8Array.of(0) : NO_BYTES;
}

/** Bytes of all frames. @throws DicomError `not-implemented` if they are more than an element can hold */
export function nativeLength(description: PixelDescription): number {
  const length = frameBytes(description) * description.numberOfFrames;
  if (length <= LONGEST) return length;
  throw new DicomError("not-implemented", `Cannot transcode: ${length} bytes exceed one element`);
}

function header(vr: "OB" | "OW", length: number): Uint8Array {
  return withTag(TAG.pixelData).slice(encodeAscii(vr)).u16(0).u32(length).take();
}

function marker(tag: Tag, length: number): Uint8Array {
  return withTag(tag).u32(length).take();
}

function withTag(tag: Tag): ByteWriter {
  return new ByteWriter(true).u16(groupOf(tag)).u16(elementOf(tag));
}
