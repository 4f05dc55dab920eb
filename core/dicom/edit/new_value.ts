import { Buffer } from "node:buffer";
import { DicomError } from "../../errors.ts";
import { findByTag, parseTagOrName } from "../dictionary.ts";
import type { NewDataSet, NewElement } from "../new_data_set.ts";
import { creatorOf, elementOf, formatTag, isPrivate, type Tag, tagOf } from "../tag.ts";
import { type Vr, vrInfo } from "../vr.ts";
import type { EditedDataSet } from "./data_set.ts";

/** A value as clients write it: text, a number, nothing, a data URI, or the items of a sequence. */
export type JsonValue = string | number | null | readonly JsonItem[];
/** An item: values by name or number of the tag. */
export type JsonItem = { readonly [name: string]: JsonValue };

/** How values are read. */
export interface ValueOptions {
  /** Owner of the private attributes (PS3.5 Section 7.8.1); empty for none. */
  readonly privateCreator: string;
  /** Whether text that begins like a data URI is one. */
  readonly dataUris: boolean;
}

/** Deepest nesting of items. */
const MAXIMUM_DEPTH = 64;

/**
 * The element that a value of a request stands for, in the VR of the dictionary.
 *
 * @throws DicomError `unknown-tag` for a name in an item that is no attribute, `bad-request` for a value that is none
 */
export function newElementOf(tag: Tag, value: JsonValue, options: ValueOptions): NewElement {
  return elementAt(tag, value, options, 0);
}

function elementAt(tag: Tag, value: JsonValue, options: ValueOptions, depth: number): NewElement {
  if (depth > MAXIMUM_DEPTH) throw badValue(tag, "it is nested too deep");
  if (typeof value === "object" && value !== null) {
    return { tag, vr: "SQ", value: value.map((item) => itemOf(item, options, depth)) };
  }
  const vr = vrFor(tag, options.privateCreator);
  const text = value === null ? "" : String(value);
  if (vr === "SQ") {
    if (text === "") return { tag, vr, value: [] };
    throw badValue(tag, "a sequence is written as an array of objects");
  }
  const bytes = options.dataUris ? dataUriBytes(text) : undefined;
  if (bytes) return { tag, vr, value: bytes };
  const isBinary = vrInfo(vr).kind === "binary";
  return { tag, vr, value: isBinary ? new TextEncoder().encode(text) : text };
}

function itemOf(item: JsonItem, options: ValueOptions, depth: number): NewDataSet {
  const elements = new Map<Tag, NewElement>();
  for (const [name, value] of Object.entries(item)) {
    const tag = parseTagOrName(name);
    if (tag === undefined) {
      throw new DicomError("unknown-tag", "Cannot make item: a name is no attribute");
    }
    elements.set(tag, elementAt(tag, value, options, depth + 1));
  }
  return [...elements.values()];
}

/** What nobody knows is UN (as Orthanc has it). */
function vrFor(tag: Tag, privateCreator: string): Vr {
  return findByTag(tag, privateCreator)?.vr ?? findByTag(tag)?.vr ?? "UN";
}

/** The bytes of a data URI (RFC 2397); undefined if `text` is none. @throws DicomError `bad-request` if it is damaged */
export function dataUriBytes(text: string): Uint8Array | undefined {
  return parseDataUri(text)?.bytes;
}

/** Media type (lower case, without parameters) and bytes of a data URI; undefined if `text` is none. */
export function parseDataUri(
  text: string,
): { readonly mediaType: string; readonly bytes: Uint8Array } | undefined {
  if (!text.startsWith("data:")) return undefined;
  const comma = text.indexOf(",");
  const head = text.slice(5, Math.min(comma, 300));
  if (comma < 0 || !/;base64$/i.test(head)) return undefined;
  const mediaType = head.split(";")[0]!.trim().toLowerCase();
  const encoded = text.slice(comma + 1);
  const bytes = Buffer.from(encoded, "base64");
  if (/[^A-Za-z0-9+/=\s_-]/.test(encoded)) {
    throw new DicomError("bad-request", "Cannot read data URI: it is not base64");
  }
  return { mediaType, bytes };
}

/**
 * Puts an element into a data set. A private one goes to the block of its creator, which is reserved if need be
 * (PS3.5 Section 7.8.1).
 *
 * @throws DicomError `bad-request` for a private attribute without creator
 */
export function putElement(
  place: EditedDataSet,
  element: NewElement,
  privateCreator: string,
): void {
  const { tag } = element;
  if (!isPrivate(tag) || elementOf(tag) < 0x1000) return place.set(element);
  if (privateCreator === "" && place.has(creatorOf(tag))) return place.set(element);
  if (privateCreator === "") {
    throw badValue(tag, "a private attribute needs a PrivateCreator");
  }
  const block = blockOf(place, tag, privateCreator);
  place.set({ ...element, tag: ((block & 0xffff) << 8 | tag & 0xff | tag & 0xffff0000) >>> 0 });
}

/** The creator element of the block that is the creator's; a free one is taken if there is none. */
function blockOf(place: EditedDataSet, tag: Tag, privateCreator: string): Tag {
  const group = tag >>> 16;
  const wanted = creatorOf(tag);
  const blocks = Array.from({ length: 0xf0 }, (_, index) => tagOf(group, 0x10 + index));
  const candidates = [wanted, ...blocks];
  const own = candidates.find((block) => place.text(block)?.trim() === privateCreator);
  if (own !== undefined) return own;
  const free = candidates.find((block) => !place.has(block));
  if (free === undefined) throw badValue(tag, "its group has no free block");
  place.set({ tag: free, vr: "LO", value: privateCreator });
  return free;
}

function badValue(tag: Tag, fact: string): DicomError {
  return new DicomError("bad-request", `Cannot set ${formatTag(tag)}: ${fact}`);
}
