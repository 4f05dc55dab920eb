/**
 * `pieces` with the bytes of each unit in reverse order, wherever a piece ends; the rest that is no whole
 * unit stays as it is.
 *
 * @param unit bytes of one number
 */
export async function* swapUnits(
  pieces: AsyncIterable<Uint8Array>,
  unit: number,
): AsyncGenerator<Uint8Array> {
  let rest = new Uint8Array(0);
  for await (const piece of pieces) {
    const bytes = new Uint8Array(rest.length + piece.length);
    bytes.set(rest);
    bytes.set(piece, rest.length);
    const whole = bytes.length - bytes.length % unit;
    for (let at = 0; at < whole; at += unit) bytes.subarray(at, at + unit).reverse();
    rest = bytes.slice(whole);
    if (whole > 0) yield bytes.subarray(0, whole);
  }
  if (rest.length > 0) yield rest;
}
