import type { ImageEncoder } from "./encoder.ts";
import { jpeg } from "./encoders/jpeg.ts";
import { pam } from "./encoders/pam.ts";
import { png } from "./encoders/png.ts";

/** The formats of images, the one that clients get unless they ask for another first. */
export const ENCODERS = {
  "image/png": png,
  "image/jpeg": jpeg,
  "image/x-portable-arbitrarymap": pam,
} as const satisfies Record<string, ImageEncoder>;

/** A media type of images that we write. */
export type ImageMediaType = keyof typeof ENCODERS;
