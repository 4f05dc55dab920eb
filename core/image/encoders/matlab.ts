import type { Image } from "../decoded.ts";

/** The image as an expression of MATLAB and GNU Octave, as Orthanc writes it but for its swapped sides of colour images. */
export function encodeMatlab({ kind, width, height, samples }: Image): Uint8Array<ArrayBuffer> {
  if (kind === "gray") {
    const lines = Array.from(
      { length: height },
      (_, row) => samples.subarray(row * width, (row + 1) * width).join(" "),
    );
    return encode(`double([ ${lines.join(" ; ")} ])`);
  }
  const values = samples.join(" ");
  return encode(`double(permute(reshape([ ${values} ], [ 3 ${width} ${height} ]), [ 3 2 1 ]))`);
}

function encode(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}
