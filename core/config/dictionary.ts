import * as z from "zod";
import type { PrivateEntry } from "../dicom/dictionary.ts";
import { isPrivate, type Tag, tagOf } from "../dicom/tag.ts";
import { type Vr, VRS } from "../dicom/vr.ts";
import { list, named, oneOf, text } from "./schemas.ts";

const VR_NAMES = Object.keys(VRS) as [Vr, ...Vr[]]; // the keys of VRS are the VRs
const multiplicity = z.int().min(0).max(65_535);

/** `[VR, name, minimum multiplicity?, maximum multiplicity?, private creator?]`; the multiplicities are not used. */
const entry = z.tuple([
  oneOf(VR_NAMES),
  z.string().min(1).max(256),
  multiplicity.optional(),
  multiplicity.optional(),
  z.string().max(64).optional(),
]).describe("[VR, name, minimum?, maximum?, private creator?]");

/** Orthanc's `Dictionary`: entries by tag, `gggg,eeee` or, for private ones, `gggg,ee`. */
export const dictionary = named(entry).transform((rows, context): readonly PrivateEntry[] =>
  Object.entries(rows).flatMap(([written, [vr, name, , , privateCreator = ""]]) => {
    const tag = parseEntryTag(written);
    if (tag !== undefined) return [{ tag, vr, name, privateCreator }];
    const message = "expected a tag as gggg,eeee, or gggg,ee if it is private";
    context.addIssue({ code: "custom", path: [written], message, input: written });
    return [];
  })
).describe(`object, tag to: ${entry.description}`);

const tags = list(text).default([]);

/** Orthanc's `ExtraMainDicomTags`: tags (by name or number) to keep in the index, for each level. */
export const extraMainDicomTags = z.strictObject({
  Patient: tags,
  Study: tags,
  Series: tags,
  Instance: tags,
}).describe("object, Patient, Study, Series or Instance to list of tags");

function parseEntryTag(written: string): Tag | undefined {
  const match = /^([0-9a-f]{4})[,-]?([0-9a-f]{4}|[0-9a-f]{2})$/i.exec(written);
  if (match === null) return undefined;
  const tag = tagOf(parseInt(match[1]!, 16), parseInt(match[2]!, 16));
  return match[2]!.length === 4 || isPrivate(tag) ? tag : undefined;
}
