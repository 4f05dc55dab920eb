import { DicomError } from "../../errors.ts";
import type { PixelCodecs } from "../codecs.ts";
import { type Image, toImage } from "../decoded.ts";
import type { ImageEncoder } from "../encoder.ts";
import { ENCODERS, type ImageMediaType } from "../encoders.ts";
import { type NpyType, npyType } from "../encoders/npy.ts";
import { encodeMatlab } from "../encoders/matlab.ts";
import type { Palette } from "../palette.ts";
import { decodeTask, type FrameInput } from "./decode.ts";
import type { SampleArray } from "../samples.ts";
import type { Rescale } from "../gray_transform.ts";
import { render, type Rendering } from "../render.ts";

/** What a worker makes of one frame. */
export type RenderRequest =
  & FrameInput
  & { readonly palette: Palette | undefined }
  & RenderAnswer;

/** What is to become of a frame. */
export type RenderAnswer =
  | {
    readonly answer: "picture";
    readonly rendering: Rendering;
    readonly mediaType: ImageMediaType;
    /** Of JPEG: 1 to 100. */
    readonly quality: number;
  }
  | { readonly answer: "matlab" }
  | {
    readonly answer: "numpy";
    /** Turns gray values into single precision. */
    readonly rescale: Rescale | undefined;
  };

/** What has become of one frame. */
export interface RenderedFrame {
  readonly bytes: Uint8Array;
  /** What `bytes` are, if they are samples for NumPy. */
  readonly array?: FrameArray;
}

/** The samples of one frame as an array. */
export interface FrameArray {
  readonly type: NpyType;
  /** Rows, columns and samples for each pixel. */
  readonly shape: readonly number[];
}

/**
 * Decodes a frame and makes of it what is wanted.
 *
 * @throws DicomError `bad-file` for damaged pixels, `not-implemented` for those that nobody can show so
 */
export async function renderTask(
  request: RenderRequest,
  codecs: PixelCodecs,
): Promise<RenderedFrame> {
  const image = toImage(await decodeTask(request, codecs), request.palette);
  if (request.answer === "matlab") return { bytes: encodeMatlab(image) };
  if (request.answer === "numpy") return numpy(image, request.rescale);
  const { rendering, mediaType, quality } = request;
  const raster = render(image, rendering);
  const encoder: ImageEncoder = ENCODERS[mediaType];
  const bits = raster.samples instanceof Uint8Array ? 8 : 16;
  if (!encoder.bits.includes(bits)) {
    throw new DicomError("not-acceptable", `Cannot write ${mediaType} of ${bits} bits`);
  }
  return { bytes: encoder.encode(raster, { quality }) };
}

/** Samples as they are, or as single precision with a meaning; colours have none. */
function numpy(image: Image, rescale: Rescale | undefined): RenderedFrame {
  const { kind, width, height } = image;
  const samples = rescale && kind === "gray" ? rescaled(image.samples, rescale) : image.samples;
  const bytes = new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength).slice();
  const shape = [height, width, kind === "color" ? 3 : 1];
  return { bytes, array: { type: npyType(samples), shape } };
}

/** In Orthanc's single precision. */
function rescaled(samples: SampleArray, { slope, intercept }: Rescale): Float32Array {
  const result = new Float32Array(samples.length);
  const factor = Math.fround(slope);
  const offset = Math.fround(intercept);
  for (let at = 0; at < result.length; at++) {
    result[at] = Math.fround(Math.fround(samples[at]!) * factor) + offset;
  }
  return result;
}
