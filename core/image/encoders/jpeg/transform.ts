import { ZIGZAG } from "./tables.ts";

/** Scale of each row and column that the transform leaves to quantization. */
const SCALES = [
  1,
  1.387039845,
  1.306562965,
  1.175875602,
  1,
  0.785694958,
  0.541196100,
  0.275899379,
] as const;

const C4 = 0.707106781;
const C6 = 0.382683433;
const C2_MINUS_C6 = 0.541196100;
const C2_PLUS_C6 = 1.306562965;

/** What each coefficient, in zigzag order, is to be multiplied with after `transform()`. */
export function quantizers(quantization: readonly number[]): Float64Array {
  return Float64Array.from(
    ZIGZAG,
    (at) => 1 / (quantization[at]! * SCALES[at >> 3]! * SCALES[at & 7]! * 8),
  );
}

/** The discrete cosine transform of a block of 8 x 8 in place (Arai, Agui, Nakajima 1988), but for its scales. */
export function transform(block: Float64Array): void {
  for (let row = 0; row < 64; row += 8) transformLine(block, row, 1);
  for (let column = 0; column < 8; column++) transformLine(block, column, 8);
}

/** Eight numbers that lie `step` apart. */
function transformLine(block: Float64Array, at: number, step: number): void {
  const i1 = at + step;
  const i2 = i1 + step;
  const i3 = i2 + step;
  const i4 = i3 + step;
  const i5 = i4 + step;
  const i6 = i5 + step;
  const i7 = i6 + step;
  const s07 = block[at]! + block[i7]!;
  const d07 = block[at]! - block[i7]!;
  const s16 = block[i1]! + block[i6]!;
  const d16 = block[i1]! - block[i6]!;
  const s25 = block[i2]! + block[i5]!;
  const d25 = block[i2]! - block[i5]!;
  const s34 = block[i3]! + block[i4]!;
  const d34 = block[i3]! - block[i4]!;

  const outer = s07 + s34;
  const inner = s16 + s25;
  const middle = (s16 - s25 + s07 - s34) * C4;
  block[at] = outer + inner;
  block[i4] = outer - inner;
  block[i2] = s07 - s34 + middle;
  block[i6] = s07 - s34 - middle;

  const t0 = d34 + d25;
  const t1 = (d25 + d16) * C4;
  const t2 = d16 + d07;
  const turn = (t0 - t2) * C6;
  const u0 = C2_MINUS_C6 * t0 + turn;
  const u2 = C2_PLUS_C6 * t2 + turn;
  const v0 = d07 + t1;
  const v1 = d07 - t1;
  block[i5] = v1 + u0;
  block[i3] = v1 - u0;
  block[i1] = v0 + u2;
  block[i7] = v0 - u2;
}
