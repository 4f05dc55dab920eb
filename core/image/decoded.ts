import type { DecodedFrame } from "./codec.ts";
import { DicomError } from "../errors.ts";
import { applyPalette, type Palette } from "./palette.ts";
import { type ColorSamples, expand422, toRgb } from "./photometric.ts";
import { badPixels } from "./pixels.ts";
import { interleave, type SampleArray, unpackSamples } from "./samples.ts";

/** A frame as numbers: gray values as stored, or red, green and blue of 8 or 16 bits for each pixel. */
export type Image =
  | {
    readonly kind: "gray";
    readonly width: number;
    readonly height: number;
    readonly samples: SampleArray;
    /** MONOCHROME1: the smallest value is white. */
    readonly inverted: boolean;
  }
  | {
    readonly kind: "color";
    readonly width: number;
    readonly height: number;
    readonly samples: ColorSamples;
  };

/**
 * The numbers of a frame, in RGB if it has colours; single bits are 0 and 255 (as Orthanc has them).
 *
 * @throws DicomError `bad-file` if something is missing, `not-implemented` for samples nobody can show
 */
export function toImage(frame: DecodedFrame, palette: Palette | undefined): Image {
  const { description } = frame;
  const { columns: width, rows: height, photometric, samplesPerPixel, bitsAllocated } = description;
  const samples = unpackSamples(frame);
  if (photometric === "PALETTE COLOR") {
    if (!palette) throw badPixels("the palette is missing");
    const bits = bitsAllocated > 8 ? 16 : 8;
    return { kind: "color", width, height, samples: applyPalette(palette, samples, bits) };
  }
  if (samplesPerPixel === 1) {
    const values = bitsAllocated === 1 ? samples.map((bit) => bit * 255) : samples;
    const inverted = photometric === "MONOCHROME1";
    return { kind: "gray", width, height, samples: values as SampleArray, inverted };
  }
  return { kind: "color", width, height, samples: colorSamples(frame, samples) };
}

function colorSamples({ description }: DecodedFrame, samples: SampleArray): ColorSamples {
  const { photometric, planarConfiguration, samplesPerPixel, rows, columns } = description;
  const isColor = samples instanceof Uint8Array || samples instanceof Uint16Array;
  if (!isColor || samplesPerPixel !== 3) {
    throw new DicomError("not-implemented", "Cannot show image: colours are not of 8 or 16 bits");
  }
  const pixels = rows * columns;
  if (samples.length < 3 * pixels) return toRgb(expand422(samples, description), photometric);
  const inTurn = planarConfiguration === 1 ? interleave(samples, 3) : samples.slice();
  return toRgb(inTurn, photometric);
}
