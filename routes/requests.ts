import type { Context } from "hono";
import type { App } from "../core/app.ts";
import { tagNamed } from "../core/archive/find.ts";
import type { Dialect } from "../core/dicom/json/tags.ts";
import { parseTagOrName } from "../core/dicom/dictionary.ts";
import type { Tag } from "../core/dicom/tag.ts";
import { DicomError } from "../core/errors.ts";
import { DEFAULT_BLOCKS, metadataNames, parseBlocks, type Shape } from "./resource_json.ts";
import { flag } from "./respond.ts";

/** The dialect that the flags of a request choose. */
export function dialectOf(c: Context, fallback: Dialect): Dialect {
  if (flag(c, "simplify")) return "simplified";
  if (flag(c, "short")) return "short";
  return flag(c, "full") ? "full" : fallback;
}

/** Tags whose text is shown whatever its length (`?ignore-length=gggg-eeee,…`). */
export function ignoreLengthOf(c: Context): ReadonlySet<Tag> {
  const names = c.req.query("ignore-length")?.split(",").filter((name) => name !== "") ?? [];
  return new Set(names.map(tagNamed));
}

/** How resources are to be shown; undefined when `response-content` does not choose. */
export function chosenBlocks(c: Context): Shape["blocks"] | undefined {
  const chosen = c.req.query("response-content");
  return chosen === undefined ? undefined : parseBlocks(chosen.split(";").filter(Boolean));
}

/** The shape that the arguments of a request ask for. */
export function shapeOf(c: Context, app: App): Shape {
  return {
    dialect: dialectOf(c, "simplified"),
    blocks: chosenBlocks(c) ?? DEFAULT_BLOCKS,
    metadataNames: metadataNames(app.config.userMetadata),
  };
}

/**
 * The tags of `?requested-tags=A;B`.
 *
 * @throws DicomError `bad-request` for one that does not exist
 */
export function requestedTagsOf(c: Context): readonly Tag[] {
  const text = c.req.query("requested-tags") ?? c.req.query("requestedTags") ?? "";
  return text.split(";").filter((name) => name !== "").map(requestedTag);
}

/** The tag of a name in a list of requested tags. @throws DicomError `bad-request` */
export function requestedTag(name: string): Tag {
  const tag = parseTagOrName(name.trim());
  if (tag === undefined) {
    throw new DicomError("bad-request", `Cannot give requested tag: "${name}" is not an attribute`);
  }
  return tag;
}

/**
 * `since` and `limit` of a list: both or neither.
 *
 * @throws DicomError `bad-request` if one is missing, `bad-type` if it is no number
 */
export function pageOf(c: Context): { since: number; limit: number } {
  const since = c.req.query("since");
  const limit = c.req.query("limit");
  if (since === undefined && limit === undefined) return { since: 0, limit: 0 };
  const missing = since === undefined ? "since" : limit === undefined ? "limit" : undefined;
  if (missing) {
    const path = c.req.path.replace(/\/*$/, "/");
    const fact = `Missing "${missing}" argument for GET request against: ${path}`;
    throw new DicomError("bad-request", fact);
  }
  return { since: wholeNumber("since", since!), limit: wholeNumber("limit", limit!) };
}

function wholeNumber(name: string, text: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new DicomError("bad-type", `Cannot read argument "${name}": it is not a whole number`);
}
