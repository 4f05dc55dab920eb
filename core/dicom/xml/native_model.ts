import { findByTag } from "../dictionary.ts";
import type { DicomJson, JsonAttribute, JsonValue, PersonNameGroups } from "../json/dicom_json.ts";
import { creatorOf, isPrivate, isPrivateCreator, tagHex } from "../tag.ts";
import { escapeXml } from "./escape.ts";

const NAMESPACE = "http://dicom.nema.org/PS3.19/models/NativeDICOM";

/** A data set in the Native DICOM Model (PS3.19 Annex A), an XML document, from its DICOM JSON Model. */
export function nativeModel(model: DicomJson): string {
  const content = attributes(model);
  return `<?xml version="1.0" encoding="UTF-8"?>\n` +
    `<NativeDicomModel xmlns="${NAMESPACE}" xml:space="preserve">${content}</NativeDicomModel>\n`;
}

function attributes(model: DicomJson): string {
  return Object.entries(model).map(([hex, attribute]) =>
    element("DicomAttribute", namesOf(hex, attribute, model), content(attribute))
  ).join("");
}

/** The XML attributes of an attribute (PS3.19 Table A.1.5-2): the number of a private block is left out of the tag. */
function namesOf(hex: string, { vr }: JsonAttribute, model: DicomJson): Record<string, string> {
  const tag = parseInt(hex, 16);
  const owned = isPrivate(tag) && !isPrivateCreator(tag);
  const [creator] = owned ? model[tagHex(creatorOf(tag)).toUpperCase()]?.Value ?? [] : [];
  const keyword = isPrivate(tag) ? undefined : findByTag(tag)?.keyword;
  return {
    tag: typeof creator === "string" ? `${hex.slice(0, 4)}00${hex.slice(6)}` : hex,
    vr,
    ...(keyword !== undefined && { keyword }),
    ...(typeof creator === "string" && { privateCreator: creator }),
  };
}

function content({ vr, Value = [], InlineBinary, BulkDataURI }: JsonAttribute): string {
  if (InlineBinary !== undefined) return element("InlineBinary", {}, InlineBinary);
  if (BulkDataURI !== undefined) return element("BulkData", { uri: BulkDataURI }, "");
  return Value.map((value, at) => {
    const number = { number: String(at + 1) };
    if (vr === "SQ") return element("Item", number, attributes(value as DicomJson)); // as the VR says
    if (vr === "PN") return element("PersonName", number, person(value as PersonNameGroups | null));
    return element("Value", number, text(value));
  }).join("");
}

const text = (value: JsonValue) => value === null ? "" : escapeXml(String(value));

/** Components of a group, in the order of PS3.5 Section 6.2.1. */
const COMPONENTS = ["FamilyName", "GivenName", "MiddleName", "NamePrefix", "NameSuffix"] as const;

function person(groups: PersonNameGroups | null): string {
  return Object.entries(groups ?? {}).map(([name, group]) => {
    const parts = String(group).split("^").slice(0, COMPONENTS.length);
    const named = parts.map((part, at) =>
      part === "" ? "" : element(COMPONENTS[at]!, {}, escapeXml(part))
    );
    return element(name, {}, named.join(""));
  }).join("");
}

function element(name: string, given: Readonly<Record<string, string>>, content: string): string {
  const start = Object.entries(given).map(([key, value]) => ` ${key}="${escapeXml(value)}"`);
  return `<${name}${start.join("")}${content === "" ? "/>" : `>${content}</${name}>`}`;
}
