import { groupOf, type Tag } from "../tag.ts";

/** Attributes that are US or SS by Pixel Representation (PS3.6 Table 6-1; PS3.5 Section A.1). */
const SIGNED_BY_PIXELS: ReadonlySet<Tag> = new Set([
  0x00189810,
  0x00221452,
  0x00280071,
  0x00280104,
  0x00280105,
  0x00280106,
  0x00280107,
  0x00280108,
  0x00280109,
  0x00280110,
  0x00280111,
  0x00280120,
  0x00280121,
  0x00281100,
  0x00281101,
  0x00281102,
  0x00281103,
  0x00281111,
  0x00281112,
  0x00281113,
  0x00283002,
  0x00409211,
  0x00409216,
  0x00603004,
  0x00603006,
]);

/** Whether the numbers of `tag` are signed where the pixels are. */
export function isSignedByPixels(tag: Tag): boolean {
  return SIGNED_BY_PIXELS.has(tag) || isRepeated(tag);
}

/** Overlays of the edition of 1993: (60xx,1200) and those behind it (PS3.6 Table 6-1). */
function isRepeated(tag: Tag): boolean {
  return (groupOf(tag) & 0xff01) === 0x6000 && (tag & 0xfffc) === 0x1200;
}
