import { encodePng } from "../core/image/encoders/png.ts";

const SIDE = 256;
const BACKGROUND = 32;
const CROSS = 160;
/** From the edge to the cross, and half the breadth of its bars, in pixels. */
const MARGIN = 64;
const HALF_BREADTH = 6;

let encoded: Uint8Array | undefined;

/** A PNG for images that cannot be shown: a cross. */
export function unsupportedImage(): Uint8Array {
  encoded ??= encodePng({ width: SIDE, height: SIDE, channels: 1, samples: draw() });
  return encoded;
}

function draw(): Uint8Array {
  const samples = new Uint8Array(SIDE * SIDE).fill(BACKGROUND);
  for (let y = MARGIN; y < SIDE - MARGIN; y++) {
    for (let x = MARGIN; x < SIDE - MARGIN; x++) {
      const distance = Math.min(Math.abs(x - y), Math.abs(x + y - SIDE));
      if (distance <= HALF_BREADTH) samples[y * SIDE + x] = CROSS;
    }
  }
  return samples;
}
